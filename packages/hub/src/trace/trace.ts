import type { CryptoProvider } from '@hksv/crypto'
import type { HdsKeys } from '@hksv/hds'

import type { Address } from '../open-socket.ts'
import { HapTrace } from './hap-trace.ts'
import { HdsTrace } from './hds-trace.ts'
import type { KnownTypes } from './redact.ts'
import type { TraceEntry, TraceSink } from './trace-entry.ts'

/** Writes an entry, which gets its time and its connection. */
export type ConnectionSink = (entry: DistributiveOmit<TraceEntry, 'ms' | 'on'>) => void

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/**
 * What hub and cameras say to each other, in the clear, with times: the messages of HAP and the frames
 * of the data stream. Left out are keys, salts, proofs, signatures and all that is sealed in pairing
 * messages; SRTP keys and salts (118), key salts of the data stream (131), `authData`, pictures, and
 * media. Each entry says what was left out of it.
 *
 * @example
 * const entries: TraceEntry[] = []
 * const trace = new Trace(entry => entries.push(entry))
 * const client = await AccessoryClient.connect({ store, accessory, trace })
 */
export class Trace {
  readonly #sink: TraceSink
  readonly #startedAt: number
  /** What was learnt of an accessory on one connection holds on the next. */
  readonly #types = new Map<string, KnownTypes>()
  #connections = 0

  constructor(sink: TraceSink) {
    this.#sink = sink
    this.#startedAt = performance.now()
    sink({ type: 'trace', version: 1, startedAt: new Date().toISOString() })
  }

  /** A connection of HAP was made. */
  hap(address: Address): HapTrace {
    const place = `${address.host} ${address.port}`
    const types: KnownTypes = this.#types.get(place) ?? new Map()
    this.#types.set(place, types)
    return new HapTrace(this.#connection('hap', address), types)
  }

  /** A data stream was connected to. */
  hds(address: Address, crypto: CryptoProvider, keys: HdsKeys): HdsTrace {
    return new HdsTrace(this.#connection('hds', address), crypto, keys)
  }

  #connection(kind: 'hap' | 'hds', { host, port }: Address): ConnectionSink {
    const on = `${kind}-${++this.#connections}`
    const sink: ConnectionSink = entry => {
      const ms = Math.round((performance.now() - this.#startedAt) * 1000) / 1000
      // Whatever the entry is, with these two it is whole.
      this.#sink({ ms, on, ...entry } as TraceEntry)
    }
    sink({ type: 'opened', host, port })
    return sink
  }
}
