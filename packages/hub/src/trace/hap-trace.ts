import type { HttpMessage } from '@hksv/hap'

import type { RequestBody } from '../connection.ts'
import type { RemoteDatabase } from '../database.ts'
import { type KnownTypes, learnTypes, redactJson, redactPairing } from './redact.ts'
import type { ConnectionSink } from './trace.ts'
import type { TraceHttp } from './trace-entry.ts'

const JSON_TYPE = 'application/hap+json'
const PAIRING_TYPE = 'application/pairing+tlv8'

type Body = Pick<TraceHttp, 'length' | 'json' | 'tlv' | 'omitted'>

/** Writes down what is said on one connection of HAP. */
export class HapTrace {
  readonly #sink: ConnectionSink
  readonly #types: KnownTypes
  /** Of the request that waits for its answer. */
  #path = ''

  /** @param types Is added to when a database comes by. */
  constructor(sink: ConnectionSink, types: KnownTypes) {
    this.#sink = sink
    this.#types = types
  }

  /** The database was read before: it will not come by. */
  learn({ services }: RemoteDatabase): void {
    for (const { aid, characteristics } of services) {
      for (const { iid, type } of characteristics) this.#types.set(`${aid}.${iid}`, type)
    }
  }

  request(method: string, path: string, body: RequestBody | undefined): void {
    this.#path = path
    const said = this.#body(body?.type, body?.bytes ?? new Uint8Array(0))
    this.#sink({ type: 'http', from: 'controller', message: 'request', method, path, ...said })
  }

  message({ kind, status, headers, body }: HttpMessage): void {
    const path = kind === 'response' ? { path: this.#path } : {}
    const said = this.#body(headers.get('content-type'), body)
    this.#sink({ type: 'http', from: 'accessory', message: kind, ...path, status, ...said })
  }

  broken(reason: string): void {
    this.#sink({ type: 'broken', reason })
  }

  closed(reason: unknown): void {
    this.#sink({ type: 'closed', reason: reason instanceof Error ? reason.message : 'closed' })
  }

  #body(type: string | undefined, bytes: Uint8Array): Body {
    const { length } = bytes
    if (length === 0) return { length }
    const kind = type?.replace(/;.*/, '').trim().toLowerCase()
    if (kind === PAIRING_TYPE) {
      const { value, omitted } = redactPairing(bytes)
      return { length, tlv: value, ...(omitted.length > 0 && { omitted }) }
    }
    const json = kind === JSON_TYPE ? parse(bytes) : undefined
    if (json === undefined) return { length, omitted: [`body (${kind ?? 'of no type'})`] }
    learnTypes(this.#types, json)
    const { value, omitted } = redactJson(this.#types, json)
    return { length, json: value, ...(omitted.length > 0 && { omitted }) }
  }
}

/** What is no JSON cannot be looked through for secrets. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
