import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'

import type { LiveSample } from '@hksv/hub'

const START_CODE = Uint8Array.of(0, 0, 0, 1)
/** A player that takes nothing misses pictures, up to a key frame. */
const MAX_WAITING_BYTES = 4 * 2 ** 20

/** ffplay, which is given the pictures as they come. */
export class Player {
  readonly #child: ChildProcessByStdio<Writable, null, null>
  #isBehind = false

  private constructor(child: ChildProcessByStdio<Writable, null, null>) {
    this.#child = child
    // It was closed: nothing more can be written to it.
    child.stdin.on('error', () => undefined)
  }

  /** @throws Error when there is no ffplay. */
  static async start(): Promise<Player> {
    const quick = ['-fflags', 'nobuffer', '-flags', 'low_delay', '-probesize', '32768']
    const args = ['-loglevel', 'quiet', ...quick, '-window_title', 'hksv', '-f', 'h264', '-i', '-']
    const child = spawn('ffplay', args, { stdio: ['pipe', 'ignore', 'ignore'] })
    const player = new Player(child)
    try {
      await once(child, 'spawn')
    } catch (cause) {
      const message =
        'There is no ffplay. Install ffmpeg, or write a file with --out and open that.'
      throw new Error(message, { cause })
    }
    return player
  }

  /** Calls `closed` when its window is closed. */
  onClosed(closed: () => void): void {
    this.#child.once('close', closed)
  }

  /** Shows a picture; sound is not played. */
  show(sample: LiveSample): void {
    if (sample.track !== 'video') return
    const { stdin } = this.#child
    if (stdin.writableLength > MAX_WAITING_BYTES) this.#isBehind = true
    else if (sample.isSync) this.#isBehind = false
    if (this.#isBehind || !stdin.writable) return
    if (sample.isSync) {
      const { sps, pps } = sample.parameters
      for (const unit of [...sps, ...pps]) stdin.write(Buffer.concat([START_CODE, unit]))
    }
    stdin.write(annexB(sample.data))
  }

  /** Shows no more. */
  [Symbol.dispose](): void {
    this.#child.removeAllListeners('close')
    this.#child.stdin.end()
    this.#child.kill()
  }
}

/** Start codes in place of the lengths: both have four bytes. */
function annexB(data: Uint8Array): Uint8Array {
  const bytes = Buffer.from(data)
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    bytes.set(START_CODE, at)
    at += 4 + length
  }
  return bytes
}
