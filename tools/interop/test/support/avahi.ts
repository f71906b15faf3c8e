import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Lines, type Namespace } from './namespace.ts'

const DBUS = `<busconfig><type>system</type><listen>unix:path=PATH</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow receive_sender="*"/></policy></busconfig>`
const CONFIGURATION = `[server]
use-ipv4=yes
use-ipv6=yes
allow-interfaces=eth1
[publish]
publish-hinfo=no
publish-workstation=no
`

/** A service as `avahi-browse` resolves it. */
export interface Resolved {
  readonly interfaceName: string
  readonly version: string
  readonly name: string
  readonly host: string
  readonly address: string
  readonly port: number
  /** Sorted. */
  readonly texts: readonly string[]
}

/** The responder of most Linux machines, which nobody here wrote. */
export class Avahi {
  readonly #machine: Namespace
  readonly #bus: string

  private constructor(machine: Namespace, bus: string) {
    this.#machine = machine
    this.#bus = bus
  }

  static async start(machine: Namespace, directory: string): Promise<Avahi> {
    const bus = join(directory, 'bus')
    const [dbus, configuration] = [join(directory, 'dbus.conf'), join(directory, 'avahi.conf')]
    writeFileSync(dbus, DBUS.replace('PATH', bus))
    writeFileSync(configuration, CONFIGURATION)
    const daemon = machine.start('dbus-daemon', [
      `--config-file=${dbus}`,
      '--nofork',
      '--nopidfile',
      '--print-address',
    ])
    await once(daemon.stdout, 'data')
    const avahi = machine.start(
      'avahi-daemon',
      ['-f', configuration, '--no-drop-root', '--no-chroot', '--no-rlimits'],
      { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${bus}` },
    )
    await new Lines(avahi.stderr, String).find(line => line.includes('startup complete'))
    return new Avahi(machine, bus)
  }

  /** Looks around until it sees what is wanted. */
  async browse(isWanted: (service: Resolved) => boolean): Promise<Resolved> {
    for (;;) {
      const found = (await this.#look()).find(isWanted)
      if (found !== undefined) return found
    }
  }

  /** Announces a service of its own. @returns What takes it back. */
  async publish(name: string, port: number, ...texts: readonly string[]): Promise<() => void> {
    const child = this.#machine.start(
      'avahi-publish',
      ['-s', name, '_hap._tcp', `${port}`, ...texts],
      {
        DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${this.#bus}`,
      },
    )
    await new Lines(child.stderr, String).find(line => line.includes('Established'))
    return () => child.kill('SIGTERM')
  }

  async browseUntilGone(name: string): Promise<void> {
    while ((await this.#look()).some(service => service.name === name));
  }

  async #look(): Promise<Resolved[]> {
    const child = this.#machine.start('avahi-browse', ['-rpt', '_hap._tcp'], {
      DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${this.#bus}`,
    })
    const lines = new Lines(child.stdout, readLine)
    await once(child, 'close')
    return lines.all.filter(service => service !== undefined)
  }
}

function readLine(line: string): Resolved | undefined {
  const [
    kind,
    interfaceName = '',
    version = '',
    name = '',
    ,
    ,
    host = '',
    address = '',
    port,
    txt,
  ] = line.split(';')
  if (kind !== '=') return
  const texts = [...(txt ?? '').matchAll(/"([^"]*)"/g)].map(([, text = '']) => text).sort()
  return { interfaceName, version, name, host, address, port: Number(port), texts }
}
