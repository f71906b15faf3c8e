import { FRAME_HEADER_LENGTH, FRAME_TAG_LENGTH } from './frame.ts'
import type { FrameSealer } from './frame-sealer.ts'

/** What an entry of the outbox belongs to; compared by identity. */
type Owner = object

interface Entry {
  readonly parts: readonly Uint8Array[]
  readonly wireLength: number
  readonly owner: Owner | undefined
}

/**
 * Payloads on their way out. A payload is sealed when its first piece is taken, so that one that
 * was dropped costs no frame number, and a driver that does not take costs no ciphertext.
 */
export class Outbox {
  readonly #sealer: FrameSealer
  #entries: Entry[] = []
  /** What is left of the frame that was begun, its first piece last. */
  #begun: Uint8Array[] = []
  #begunOwner: Owner | undefined
  #pendingLength = 0

  constructor(sealer: FrameSealer) {
    this.#sealer = sealer
  }

  /** Bytes that {@link Outbox.take} has yet to yield. */
  get pendingLength(): number {
    return this.#pendingLength
  }

  put(parts: readonly Uint8Array[], owner?: Owner): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    const wireLength = FRAME_HEADER_LENGTH + length + FRAME_TAG_LENGTH
    this.#entries.push({ parts, wireLength, owner })
    this.#pendingLength += wireLength
  }

  take(): Uint8Array | undefined {
    const entry = this.#begun.length === 0 ? this.#entries.shift() : undefined
    if (entry !== undefined) {
      this.#begun = this.#sealer.seal(entry.parts).reverse()
      this.#begunOwner = entry.owner
    }
    const piece = this.#begun.pop()
    this.#pendingLength -= piece?.length ?? 0
    return piece
  }

  /** How many payloads without an owner wait to be sealed. */
  get unowned(): number {
    return this.#entries.filter(entry => entry.owner === undefined).length
  }

  /** @returns Whether bytes of `owner` wait to be taken. */
  has(owner: Owner): boolean {
    if (this.#begun.length > 0 && this.#begunOwner === owner) return true
    return this.#entries.some(entry => entry.owner === owner)
  }

  /** Forgets the payloads of `owner`, except a frame that was begun: cutting it ends the connection. */
  drop(owner: Owner): void {
    const dropped = this.#entries.filter(entry => entry.owner === owner)
    this.#entries = this.#entries.filter(entry => entry.owner !== owner)
    for (const entry of dropped) this.#pendingLength -= entry.wireLength
  }

  clear(): void {
    this.#entries = []
    this.#begun = []
    this.#pendingLength = 0
  }
}
