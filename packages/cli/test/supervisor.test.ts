import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import type { CameraState } from '@hksv/accessory'
import { expect, onTestFinished, test, vi } from 'vitest'

import { Supervisor } from '../src/supervisor.ts'
import { CameraProcess } from './run.ts'

const isHere = spawnSync('systemd-notify', ['--version']).status === 0
if (!isHere && process.env['CI'] === 'true') throw new Error('systemd-notify is missing in CI')

/** What systemd does: listens on a Unix datagram socket, and notices when it hears nothing. */
const SUPERVISOR = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(2)
print('listening', flush=True)
while True:
    try:
        print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
    except socket.timeout:
        print('expired', flush=True)
`

class FakeSystemd {
  readonly heard: string[] = []
  readonly #child: ChildProcess
  #wake: () => void = () => undefined

  constructor(path: string) {
    const child = spawn('/usr/bin/python3', ['-c', SUPERVISOR, path])
    createInterface({ input: child.stdout }).on('line', line => {
      this.heard.push(line.trim())
      this.#wake()
    })
    this.#child = child
  }

  /** @returns The next place after one where it heard this, from `from` on. */
  async hears(text: string, from = 0): Promise<number> {
    for (;;) {
      const found = this.heard.findIndex((line, i) => i >= from && line.startsWith(text))
      if (found >= 0) return found + 1
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  end(): void {
    this.#child.kill()
  }
}

test.skipIf(!isHere)(
  'systemd is told of the start, the stop, and that it lives, unless it hangs',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hksv-notify-'))
    const path = join(directory, 'notify')
    const systemd = new FakeSystemd(path)
    await systemd.hears('listening')
    const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '400000' }
    const camera = new CameraProcess(['--storage', join(directory, 'camera')], env)
    onTestFinished(async () => {
      await camera.stop('SIGKILL')
      systemd.end()
      rmSync(directory, { recursive: true, force: true })
    })
    await systemd.hears('READY=1')
    await camera.event('listening')
    expect(systemd.heard.join('\n')).toContain('READY=1 STATUS=1 camera listens')
    const alive = await systemd.hears('WATCHDOG=1', await systemd.hears('WATCHDOG=1'))
    camera.child.kill('SIGSTOP')
    const hung = await systemd.hears('expired', alive)
    // One that was on its way may have come.
    expect(systemd.heard.at(hung - 1)).toBe('expired')
    camera.child.kill('SIGCONT')
    await systemd.hears('WATCHDOG=1', hung)
    expect(systemd.heard.join('\n')).not.toContain('STOPPING=1')
    expect(await camera.stop()).toBe(0)
    await systemd.hears('STOPPING=1', hung)
  },
  40_000,
)

/** As far as a supervisor looks at it. */
function stateOf(source: { isWell: boolean; packets: number }, isArmed = true): CameraState {
  const health = { reconnects: 0, packetsLost: 0, picturesDropped: 0, ...source }
  return { name: 'Porch', id: '11:22:33:44:55:66', isArmed, source: health } as CameraState
}

test.skipIf(!isHere)(
  'the watchdog goes hungry while a camera is stuck, and not while one is away or disarmed',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'hksv-notify-'))
    const path = join(directory, 'notify')
    const systemd = new FakeSystemd(path)
    await systemd.hears('listening')
    vi.stubEnv('NOTIFY_SOCKET', path)
    vi.stubEnv('WATCHDOG_USEC', '200000')
    let state = stateOf({ isWell: false, packets: 7 })
    const warnings: string[] = []
    const supervisor = new Supervisor({
      states: () => [state],
      warn: text => void warnings.push(text),
    })
    onTestFinished(() => {
      vi.unstubAllEnvs()
      supervisor[Symbol.dispose]()
      systemd.end()
      rmSync(directory, { recursive: true, force: true })
    })
    const twice = async (from: number) =>
      await systemd.hears('WATCHDOG=1', await systemd.hears('WATCHDOG=1', from))
    const away = await twice(0)
    state = stateOf({ isWell: true, packets: 7 }, false)
    const disarmed = await twice(away)
    expect(warnings).toEqual([])
    state = stateOf({ isWell: true, packets: 7 })
    const stuck = await systemd.hears('expired', disarmed)
    expect(warnings[0]).toBe('Porch: its source says that it is well, and nothing comes from it.')
    state = stateOf({ isWell: true, packets: 8 })
    await systemd.hears('WATCHDOG=1', stuck)
  },
  20_000,
)
