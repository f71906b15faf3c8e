import { execFile } from 'node:child_process'
import process from 'node:process'

import type { CameraState } from '@hksv/accessory'

/** What systemd is told of. */
export interface Supervised {
  /** Of the cameras that run. */
  states(): readonly CameraState[]
  warn(text: string): void
}

/** A camera that waits for its source is no reason to hold up the start of the machine. */
const READY_AT_MOST_MS = 20_000

/**
 * Tells systemd how the process is, when it asks to be told (`Type=notify`, `WatchdogSec=`).
 *
 * The words go to a Unix datagram socket, which Node.js has no means to write to: `systemd-notify`
 * does it, which every machine with systemd has, in place of a native module.
 * The watchdog is fed from the event loop, so not by a process that hangs, and not while a camera is
 * stuck. A source that is away and known to be is none of these: a restart would not bring it back,
 * and hubs take restarts ill.
 *
 * @see sd_notify(3), sd_watchdog_enabled(3)
 */
export class Supervisor implements Disposable {
  readonly #watched: Supervised
  readonly #isThere: boolean
  readonly #packets = new Map<string, number>()
  readonly #feeding: NodeJS.Timeout | undefined
  #isReady = false
  #hasFailed = false

  constructor(watched: Supervised) {
    this.#watched = watched
    this.#isThere = (process.env['NOTIFY_SOCKET'] ?? '') !== ''
    const intervalMs = watchdogMs() / 2
    if (!this.#isThere || intervalMs === 0) return
    this.#feeding = setInterval(() => this.#feed(), intervalMs).unref()
  }

  /** The start is over when this has settled, or after twenty seconds. */
  readyAfter(starting: Promise<unknown>): void {
    if (!this.#isThere) return
    const timer = setTimeout(() => this.#ready(), READY_AT_MOST_MS).unref()
    // Whoever waits for the start hears why it failed.
    starting.then(
      () => this.#ready(),
      () => clearTimeout(timer),
    )
  }

  stopping(): void {
    this.#tell('STOPPING=1')
  }

  [Symbol.dispose](): void {
    clearInterval(this.#feeding)
  }

  #ready(): void {
    if (this.#isReady) return
    this.#isReady = true
    const { length } = this.#watched.states()
    this.#tell('READY=1', `STATUS=${length} ${length === 1 ? 'camera listens' : 'cameras listen'}`)
  }

  #feed(): void {
    const stuck = this.#watched.states().filter(state => this.#isStuck(state))
    if (stuck.length === 0) this.#tell('WATCHDOG=1')
    for (const { name } of stuck) {
      this.#watched.warn(`${name}: its source says that it is well, and nothing comes from it.`)
    }
  }

  /** An armed camera reads all the time. */
  #isStuck({ id, isArmed, source }: CameraState): boolean {
    const before = this.#packets.get(id)
    if (!isArmed || source === undefined || !source.isWell) {
      this.#packets.delete(id)
      return false
    }
    this.#packets.set(id, source.packets)
    return source.packets > 0 && source.packets === before
  }

  #tell(...words: string[]): void {
    if (!this.#isThere) return
    execFile('systemd-notify', words, error => {
      if (error === null || this.#hasFailed) return
      this.#hasFailed = true
      this.#watched.warn(
        `systemd cannot be told: systemd-notify failed (${error.code ?? error.message}).`,
      )
    })
  }
}

/** @returns 0 when nobody watches this process. */
function watchdogMs(): number {
  const { WATCHDOG_USEC = '', WATCHDOG_PID } = process.env
  const isMeant = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid)
  return isMeant && /^\d{1,15}$/.test(WATCHDOG_USEC) ? Number(WATCHDOG_USEC) / 1000 : 0
}
