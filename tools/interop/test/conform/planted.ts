import type { HdsPayload } from '@hksv/hds'
import type { OpackDictionary, OpackInput, OpackValue } from '@hksv/hds/opack'

import type { Faults } from './faulty-camera.ts'
import type { FrontReply, FrontRequest } from './front.ts'
import type { Change } from './relay.ts'

type Json = Record<string, unknown>

/** Which rule has to find a mistake, what the mistake is, and how it is made. */
export type Mistake = readonly [rule: string, what: string, faults: Faults]

/** Changes the JSON of answers to some requests. */
export function changed(
  path: string,
  change: (json: Json, request: FrontRequest) => Json | undefined,
  status?: number,
): Faults {
  return {
    reply(request, reply) {
      if (!request.path.startsWith(path) || reply.body === undefined || reply.body.length === 0)
        return reply
      const json = change(JSON.parse(Buffer.from(reply.body).toString()), request)
      if (json === undefined) return reply
      return { ...reply, status: status ?? reply.status, body: Buffer.from(JSON.stringify(json)) }
    },
  }
}

/** Changes characteristics of the database by their short type. */
export function database(
  change: (type: string, characteristic: Json, service: Json) => void,
): Faults {
  return changed('/accessories', json => {
    for (const accessory of json['accessories'] as { services: Json[] }[]) {
      for (const service of accessory.services) {
        for (const characteristic of service['characteristics'] as Json[])
          change(String(characteristic['type']), characteristic, service)
      }
    }
    return json
  })
}

/** Changes the characteristics of one short type. */
export function only(wanted: string, change: (characteristic: Json) => void): Faults {
  return database((type, characteristic) => {
    if (type === wanted) change(characteristic)
  })
}

/** Services of the database, by their short type. */
export function services(change: (type: string, service: Json) => unknown): Faults {
  return changed('/accessories', json => {
    for (const accessory of json['accessories'] as { services: Json[] }[]) {
      accessory.services = accessory.services.filter(
        service => change(String(service['type']), service) !== false,
      )
    }
    return json
  })
}

/** Answers one request in its own way. */
export function answering(
  method: string,
  path: string,
  reply: (request: FrontRequest) => FrontReply | undefined,
): Faults {
  return {
    answer: (request, session) =>
      session.isVerified && request.method === method && request.path.startsWith(path)
        ? reply(request)
        : undefined,
  }
}

/** A reply in JSON. */
export function json(status: number, body: object): FrontReply {
  return { status, body: Buffer.from(JSON.stringify(body)) }
}

/** Changes the data events that go to the hub. */
export function data(
  change: (
    metadata: Map<string, OpackInput>,
    packet: Map<string, OpackInput>,
    message: Map<string, OpackInput>,
  ) => unknown,
): Faults {
  return { toHub: dataChange(change) }
}

/** As {@link data}, for what has other faults besides. */
export function dataChange(change: Parameters<typeof data>[0]): Change {
  return payload => {
    const { header, message } = payload
    if (header.kind !== 'event' || header.topic !== 'data') return [payload]
    const copy = new Map<string, OpackInput>(message)
    const packets = message.get('packets') as OpackDictionary[]
    const copies = packets.map(packet => {
      const metadata = new Map<string, OpackInput>(packet.get('metadata') as OpackDictionary)
      return { packet: new Map<string, OpackInput>(packet), metadata }
    })
    for (const { packet, metadata } of copies) {
      if (change(metadata, packet, copy) === false) return []
      if (packet.get('metadata') instanceof Map) packet.set('metadata', metadata)
    }
    if (Array.isArray(copy.get('packets')))
      copy.set(
        'packets',
        copies.map(({ packet }) => packet),
      )
    return [{ header, message: copy as ReadonlyMap<string, OpackInput> as Map<string, OpackValue> }]
  }
}

/** Changes the bytes of the first chunks of fragments. */
export function media(change: (bytes: Buffer, sequence: number) => unknown): Faults {
  return data((metadata, packet) => {
    if (metadata.get('dataChunkSequenceNumber') !== 1) return
    const bytes = Buffer.from(packet.get('data') as Uint8Array)
    const made = change(bytes, Number(metadata.get('dataSequenceNumber')))
    packet.set('data', made instanceof Uint8Array ? made : bytes)
    if (metadata.has('dataTotalSize')) metadata.delete('dataTotalSize')
  })
}

/** Changes the answers to openings. */
export function opening(change: (payload: HdsPayload) => HdsPayload | undefined): Faults {
  return {
    toHub(payload) {
      if (payload.header.kind !== 'response' || payload.header.topic !== 'open') return [payload]
      const to = change(payload)
      return to === undefined ? [] : [to]
    },
  }
}

/** Where a box begins in bytes, by its type; the n-th of them. */
export function boxAt(bytes: Buffer, type: string, nth = 0): number {
  let at = -1
  for (let i = 0; i <= nth; i++) at = bytes.indexOf(type, at + 1)
  return at - 4
}
