import type { CryptoProvider } from '@hksv/crypto'
import { decodePayload, FrameOpener, type HdsKeys, isHdsError } from '@hksv/hds'
import type { OpackValue } from '@hksv/hds/opack'

import type { ConnectionSink } from './trace.ts'
import type { TraceHds, TraceSide } from './trace-entry.ts'

/** Media is longer, and everything else is shorter. */
const MAX_PAYLOAD = 2048

/** Writes down what is said on one data stream: opens a second time what the machines seal and open. */
export class HdsTrace {
  readonly #sink: ConnectionSink
  readonly #openers: Readonly<Record<TraceSide, FrameOpener>>
  /** Who said something that cannot be read: nothing after that can. */
  readonly #broken = new Set<TraceSide>()

  constructor(sink: ConnectionSink, crypto: CryptoProvider, keys: HdsKeys) {
    this.#sink = sink
    this.#openers = {
      controller: new FrameOpener(crypto, keys.controllerToAccessory),
      accessory: new FrameOpener(crypto, keys.accessoryToController),
    }
  }

  /** Sealed bytes as they went by, in any pieces. They must not change until their frame is whole. */
  bytes(from: TraceSide, bytes: Uint8Array): void {
    if (this.#broken.has(from)) return
    const opener = this.#openers[from]
    try {
      opener.push(bytes)
      for (let payload = opener.next(); payload; payload = opener.next()) {
        this.#sink({ type: 'hds', from, length: payload.length, ...describe(payload) })
      }
    } catch (error) {
      if (!isHdsError(error)) throw error
      this.#broken.add(from)
      this.#sink({ type: 'broken', reason: `${from}: ${error.message}` })
    }
  }

  closed(): void {
    this.#sink({ type: 'closed', reason: 'closed' })
  }
}

function describe(payload: Uint8Array): Partial<TraceHds> {
  if (payload.length <= MAX_PAYLOAD) return { payload: Buffer.from(payload).toString('base64') }
  try {
    const { header, message } = decodePayload(payload)
    return { header, message: withoutData(message), omitted: ['data'] }
  } catch (error) {
    if (!isHdsError(error)) throw error
    return { omitted: [`payload: ${error.message}`] }
  }
}

function withoutData(value: OpackValue): unknown {
  if (value instanceof Uint8Array) return { bytes: value.length }
  if (Array.isArray(value)) return value.map(withoutData)
  if (typeof value === 'bigint') return value.toString()
  if (!(value instanceof Map)) return value
  return Object.fromEntries([...value].map(([key, member]) => [key, withoutData(member)]))
}
