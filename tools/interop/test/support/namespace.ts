import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  execFileSync,
  spawn,
  spawnSync,
} from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** Why networks of our own cannot be made here; nothing when they can. */
export function whyNoNamespaces(): string | undefined {
  const probe = 'ip link add v0 type veth peer name v1'
  const { status, stderr } = spawnSync('unshare', ['-n', '-m', 'sh', '-c', probe])
  return status === 0 ? undefined : `unshare -n is refused: ${String(stderr).trim()}`
}

/** A network namespace: a machine of its own as far as the network is concerned. */
export class Namespace {
  readonly #holder: ChildProcess
  readonly #children: ChildProcess[] = []

  private constructor(holder: ChildProcess) {
    this.#holder = holder
  }

  /** A machine with nothing but its loopback. */
  static async create(): Promise<Namespace> {
    const script = [
      'ip link set lo up multicast on',
      'ip route add 224.0.0.0/4 dev lo metric 1000',
      // Addresses of IPv6 are there at once.
      'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad',
      // Avahi runs once on a machine, and this is another one.
      'mkdir -p /run/avahi-daemon; mount -t tmpfs tmpfs /run/avahi-daemon',
      'echo ready; exec sleep 1000000',
    ].join('; ')
    const holder = spawn('unshare', ['-n', '-m', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const { stdout } = holder
    await once(stdout, 'data')
    return new Namespace(holder)
  }

  /** Connects two machines by a cable: `10.<number>.0.1` here, `10.<number>.0.2` there. */
  connect(other: Namespace, number: number, name = `eth${number}`): void {
    const to = `${other.#holder.pid}`
    this.run('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', name, 'netns', to])
    for (const [machine, host] of [
      [this, 1],
      [other, 2],
    ] as const) {
      machine.run('ip', ['address', 'add', `10.${number}.0.${host}/24`, 'dev', name])
      machine.run('ip', ['link', 'set', name, 'up'])
    }
  }

  /** The addresses of an interface, of IPv4 and IPv6. */
  addresses(name: string): string[] {
    const shown = this.run('ip', ['address', 'show', 'dev', name])
    return [...shown.matchAll(/inet6? ([^/ ]+)/g)].map(([, address = '']) => address)
  }

  /** Runs a program on this machine to its end. @returns Its standard output. */
  run(program: string, args: readonly string[]): string {
    return execFileSync('nsenter', this.#enter(program, args), { encoding: 'utf8' })
  }

  /** Starts a program on this machine; it ends with it at the latest. */
  start(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): ChildProcessWithoutNullStreams {
    const child = spawn('nsenter', this.#enter(program, args), { env: { ...process.env, ...env } })
    this.#children.push(child)
    return child
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    this.#holder.kill('SIGKILL')
  }

  #enter(program: string, args: readonly string[]): string[] {
    return ['-t', `${this.#holder.pid}`, '-n', '-m', program, ...args]
  }
}

/** The lines of a program, those that were and those that come. */
export class Lines<Line> {
  readonly all: Line[] = []
  readonly #waiting: (() => void)[] = []
  #isEnded = false

  constructor(stream: Readable, read: (line: string) => Line) {
    const lines = createInterface({ input: stream })
    lines.on('line', line => {
      this.all.push(read(line))
      this.#wake()
    })
    lines.on('close', () => {
      this.#isEnded = true
      this.#wake()
    })
  }

  /** The first that is wanted, of those after the first `from`. */
  async find(isWanted: (line: Line) => boolean, from = 0): Promise<Line> {
    for (let at = from; ; at++) {
      while (at >= this.all.length) {
        if (this.#isEnded) throw new Error('the program ended without what was waited for')
        await new Promise<void>(resolve => this.#waiting.push(resolve))
      }
      const line = this.all[at]
      if (line !== undefined && isWanted(line)) return line
    }
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
