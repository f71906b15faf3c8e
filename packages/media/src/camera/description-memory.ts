import type { SourceDescription } from '../source.ts'
import { type KeptDescription, keepDescription, readDescription } from './kept-description.ts'

/** Where it is kept what cameras were the last time, for when they are away. One small JSON text. */
export interface SourceMemory {
  /** @returns What was written last; nothing when there is none, or it cannot be read. */
  read(): Promise<string | undefined>
  /** Keeps a text. It holds no user and no password. What goes wrong is its own to report: it must not throw. */
  write(text: string): Promise<void>
}

const FORMAT = 1
/** The addresses that were used last. */
const MAX_KEPT = 8

/** What cameras were the last time, by address. */
export class DescriptionMemory {
  readonly #memory: SourceMemory
  #last: Promise<void> = Promise.resolve()

  constructor(memory: SourceMemory) {
    this.#memory = memory
  }

  /** @param address - Without user and password; it is the name as well. */
  async recall(address: string): Promise<SourceDescription | undefined> {
    return readDescription((await this.#read()).get(address), address)
  }

  /** Keeps what a camera is. Resolves when it is written. */
  keep(address: string, description: SourceDescription): Promise<void> {
    this.#last = this.#last.then(() => this.#write(address, keepDescription(description)))
    return this.#last
  }

  async #write(address: string, kept: KeptDescription): Promise<void> {
    const cameras = await this.#read()
    if (JSON.stringify(cameras.get(address)) === JSON.stringify(kept)) return
    cameras.delete(address)
    const others = [...cameras].slice(1 - MAX_KEPT)
    const text = { format: FORMAT, cameras: Object.fromEntries([...others, [address, kept]]) }
    await this.#memory.write(`${JSON.stringify(text, null, 2)}\n`)
  }

  /** What cannot be read is as good as nothing. */
  async #read(): Promise<Map<string, unknown>> {
    const text = await this.#memory.read()
    try {
      const { format, cameras } = JSON.parse(text ?? '{}')
      return new Map(format === FORMAT ? Object.entries(cameras) : [])
    } catch {
      return new Map()
    }
  }
}
