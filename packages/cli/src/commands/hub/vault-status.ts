import process from 'node:process'

import type { VaultEvent } from '@hksv/hub'

/** One line at the bottom of a terminal: how many cameras there are, and what they do. */
export class VaultStatus {
  readonly #isShown: boolean
  readonly #connected = new Set<string>()
  readonly #away = new Set<string>()
  readonly #recording = new Set<string>()
  #kept = ''
  #hasLine = false

  constructor(isShown: boolean) {
    this.#isShown = isShown
  }

  /** Takes the line away, so that others can be written. */
  clear(): void {
    if (this.#hasLine) process.stderr.write('\r\u001b[K')
    this.#hasLine = false
  }

  /** Draws the line as it is after an event. */
  take(event: VaultEvent): void {
    this.#note(event)
    if (!this.#isShown) return
    const parts = [
      `${this.#connected.size} connected`,
      ...(this.#away.size > 0 ? [`${this.#away.size} away`] : []),
      `${this.#recording.size} recording`,
      ...(this.#kept === '' ? [] : [this.#kept]),
    ]
    process.stderr.write(parts.join(', '))
    this.#hasLine = true
  }

  #note(event: VaultEvent): void {
    if (event.event === 'kept') {
      this.#kept = `${event.clips} clips, ${(event.bytes / 1e9).toFixed(2)} GB`
    }
    if (!('deviceId' in event) || event.deviceId === undefined) return
    const { deviceId } = event
    if (event.event === 'recording') this.#recording.add(deviceId)
    if (event.event === 'connected') {
      this.#connected.add(deviceId)
      this.#away.delete(deviceId)
    }
    if (event.event === 'lost' || event.event === 'dropped') {
      this.#connected.delete(deviceId)
      this.#away.add(deviceId)
    }
    if (['recorded', 'failed', 'lost', 'dropped'].includes(event.event)) {
      this.#recording.delete(deviceId)
    }
  }
}
