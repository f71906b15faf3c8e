import type { Camera } from './camera.ts'
import type { Controller } from './controller.ts'
import { labelOf, summary } from './label.ts'
import { patiently } from './patience.ts'
import { request } from './request.ts'
import { Wire } from './wire.ts'

/** Whether everything is tried, or a part of everything. */
export type Scale = 'full' | 'reduced'

/** A turn of its event loop to accept, one to read, one to answer or close; and some to spare. */
const FENCE_ROUNDS = 6

/** What the groups work on. */
export class Stage {
  /** Folder of the checkout. */
  readonly root: string
  readonly camera: Camera
  /** The honest controller; paired while the groups of the paired camera run. */
  readonly controller: Controller
  readonly scale: Scale
  /** Instance id of NightVision, a switch that does nothing with a sample. */
  nightVision = 0
  #fence: Promise<Wire> | undefined

  constructor(root: string, camera: Camera, controller: Controller, scale: Scale) {
    this.root = root
    this.camera = camera
    this.controller = controller
    this.scale = scale
  }

  get port(): number {
    return this.camera.port
  }

  /** A connection of a stranger. */
  stranger(from?: string): Promise<Wire> {
    return Wire.connect(this.port, from)
  }

  /** A verified connection of the honest controller. */
  verified(): Promise<Wire> {
    return this.controller.connect(this.port)
  }

  /** All of `items` in a full run, otherwise `count` of them, evenly spread. */
  sample<T>(items: readonly T[], count: number): T[] {
    if (this.scale === 'full' || items.length <= count) return [...items]
    return Array.from(
      { length: count },
      (_, i) => items[Math.floor((i * items.length) / count)] as T,
    )
  }

  /**
   * Resolves when the camera has read all that was written before: whoever asks on another
   * connection is answered after that. No clock is needed to see that an input goes unanswered.
   */
  async fence(): Promise<void> {
    for (let round = 0; round < FENCE_ROUNDS; ) {
      this.#fence ??= this.stranger()
      const asked = this.#fence
      const wire = await asked
      if ((await wire.ask(request('GET', '/'))) !== 'closed') round++
      else if (this.#fence === asked) this.#fence = undefined
    }
  }

  /**
   * How the camera ended what was written to `wire`: with answers, by closing, or not at all. Then
   * the wire is closed for good, which the camera has to follow.
   *
   * @returns `closed`, `ignored`, or all answers, as in `400`, `204+400` and `M4 error 2`.
   */
  async outcome(wire: Wire): Promise<string> {
    const labels: string[] = []
    let isOurs = false
    for (;;) {
      await this.fence()
      const isOver = wire.isClosed
      const answers = wire.drain()
      labels.push(...answers.map(labelOf))
      if (isOver) break
      if (answers.length > 0) continue
      isOurs = true
      wire.finish()
      await patiently(wire.closed, 'the end of a connection that we ended')
    }
    if (labels.length > 0) return summary(labels)
    return isOurs ? 'ignored' : 'closed'
  }

  /** What a wire has heard so far; `ignored` for nothing. */
  silence(wire: Wire): string {
    const labels = wire.drain().map(labelOf)
    if (labels.length > 0) return summary(labels)
    return wire.isClosed ? 'closed' : 'ignored'
  }

  /** Lets go of what it holds open. */
  async close(): Promise<void> {
    const fence = await this.#fence
    this.#fence = undefined
    await fence?.drop()
  }
}

/** Runs `work` on each item, at most `width` at a time: the camera has 32 connections to give. */
export async function each<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      await work(items[index] as T, index)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}
