import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { expect, onTestFinished, test } from 'vitest'

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
