import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export const SETUP_CODE = '031-45-154'

/** A line of its own that only tells of wrong setup codes: what this suite does on purpose. */
const WRONG_CODE = /^warning: Wrong setup code \(attempt \d+ of 100\)\.$/

/** The built `hksv camera` in a process of its own, as a user starts it. */
export class Camera {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #closed: Promise<number | null>
  #stderr = ''
  /** Where it listens. */
  port = 0

  private constructor(root: string, storage: string) {
    const bin = join(root, 'packages/cli/dist/bin.js')
    if (!existsSync(bin)) throw new Error(`${bin} is missing: npm run hostile builds it`)
    const fixed = ['camera', '--no-mdns', '--bind', '127.0.0.1', '--port', '0', '--json']
    const args = [bin, ...fixed, '--storage', storage, '--setup-code', SETUP_CODE]
    this.#child = spawn(process.execPath, args, { env: { ...process.env, NO_COLOR: '1' } })
    this.#child.stdin.end()
    this.#child.stderr.on('data', (text: Buffer) => {
      this.#stderr += text.toString()
    })
    this.#closed = new Promise(ended => this.#child.on('close', ended))
  }

  /**
   * Starts one and waits until it listens.
   *
   * @param root Folder of the checkout.
   */
  static async start(root: string, storage: string): Promise<Camera> {
    const camera = new Camera(resolve(root), storage)
    for await (const line of createInterface({ input: camera.#child.stdout })) {
      const record: { event?: unknown; port?: unknown } = JSON.parse(line)
      if (record.event !== 'listening') continue
      camera.port = Number(record.port)
      // Read on, or the pipe fills up.
      camera.#child.stdout.resume()
      return camera
    }
    throw new Error(`the camera did not start: ${camera.#stderr}`)
  }

  /** Whether the process still runs. */
  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Lines of standard error that tell of a fault: warnings, errors, stack traces. */
  get complaints(): string[] {
    const isComplaint = /warning|error|exception|rejection|^\s+at /i
    return this.#stderr.split('\n').filter(line => isComplaint.test(line) && !WRONG_CODE.test(line))
  }

  /** How many wrong setup codes it has told of. */
  get wrongCodes(): number {
    return this.#stderr.split('\n').filter(line => WRONG_CODE.test(line)).length
  }

  /** Resident memory in bytes. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
  }

  /** Open file descriptors. */
  async descriptors(): Promise<number> {
    return (await readdir(`/proc/${this.#child.pid}/fd`)).length
  }

  /** @returns The exit code, `null` when a signal ended it. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.isAlive) this.#child.kill(signal)
    return this.#closed
  }
}
