import { nodeProvider } from '@hksv/crypto/node'
import {
  CHUNK_LENGTH,
  dataSendReason,
  decodeHeader,
  decodePayload,
  FrameOpener,
  HdsAccessory,
  type HdsAccessoryCommand,
  HdsHub,
  type HdsHubCommand,
  splitPayload,
} from '@hksv/hds'
import { decode } from '@hksv/hds/opack'
import { expect, test } from 'vitest'

import { rowsOf } from './support/specification.ts'

const keys = {
  accessoryToController: new Uint8Array(32).fill(0xac),
  controllerToAccessory: new Uint8Array(32).fill(0xca),
}

/** Both sides of a data stream in memory, and somebody who notes what they say. */
class Overheard {
  readonly #accessory = new HdsAccessory({ crypto: nodeProvider, keys, now: 0 })
  readonly #hub: HdsHub
  readonly #sides
  /** Message, part, key and type of all that was said. */
  readonly keys = new Set<string>()

  constructor() {
    const random = (length: number) => new Uint8Array(length).fill(7)
    this.#hub = new HdsHub({ crypto: nodeProvider, keys, random, now: 0 })
    const opener = (key: Uint8Array) => new FrameOpener(nodeProvider, key)
    this.#sides = [
      { from: this.#accessory, to: this.#hub, ear: opener(keys.accessoryToController) },
      { from: this.#hub, to: this.#accessory, ear: opener(keys.controllerToAccessory) },
    ]
    this.#settle()
  }

  hub(command: HdsHubCommand): void {
    this.#hub.send(command, 0)
    this.#settle()
  }

  accessory(command: HdsAccessoryCommand): void {
    this.#accessory.send(command, 0)
    this.#settle()
  }

  /** Until neither has anything to say. */
  #settle(): void {
    let isQuiet = false
    while (!isQuiet) {
      isQuiet = true
      for (const { from, to, ear } of this.#sides) {
        for (let piece = from.take(); piece !== undefined; piece = from.take()) {
          isQuiet = false
          ear.push(piece)
          for (const event of to.receive(piece, 0)) expect(event.type).not.toBe('failed')
        }
        for (let payload = ear.next(); payload !== undefined; payload = ear.next()) {
          this.#note(payload)
        }
      }
    }
  }

  #note(payload: Uint8Array): void {
    const { header, message } = splitPayload(payload)
    const { topic, kind } = decodeHeader(header)
    this.#add(`${topic} ${kind} | header`, decode(header))
    this.#add(`${topic} ${kind} | message`, decode(message))
    expect(decodePayload(payload).header.topic).toBe(topic)
  }

  #add(where: string, value: unknown, path = ''): void {
    if (path !== '') this.keys.add(`${where} | ${path} | ${typeOf(value)}`)
    if (Array.isArray(value)) for (const each of value) this.#addAll(where, each, `${path}[].`)
    else this.#addAll(where, value, path === '' ? '' : `${path}.`)
  }

  #addAll(where: string, dictionary: unknown, prefix: string): void {
    if (!(dictionary instanceof Map)) return
    for (const [key, value] of dictionary) this.#add(where, value, `${prefix}${key}`)
  }
}

function typeOf(value: unknown): string {
  if (value instanceof Map) return 'dictionary'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' || typeof value === 'bigint' ? 'integer' : typeof value
}

test('the table of messages has a row for each key that is sent, and no other', () => {
  const stream = new Overheard()
  // One to its end, one refused, one closed by the hub.
  stream.hub({ type: 'open-recording' })
  stream.accessory({ type: 'accept-recording', streamId: 1 })
  const send = { type: 'send-fragment', streamId: 1 } as const
  const parts = [new Uint8Array(CHUNK_LENGTH + 1)]
  stream.accessory({ ...send, dataType: 'mediaInitialization', parts: [Uint8Array.of(1)] })
  stream.accessory({ ...send, dataType: 'mediaFragment', parts, endOfStream: true })
  stream.hub({ type: 'acknowledge', streamId: 1 })
  stream.hub({ type: 'open-recording' })
  stream.accessory({ type: 'refuse-recording', streamId: 2, reason: dataSendReason.busy })
  stream.hub({ type: 'open-recording' })
  stream.accessory({ type: 'accept-recording', streamId: 3 })
  stream.hub({ type: 'close-recording', streamId: 3, reason: dataSendReason.normal })

  const rows = rowsOf('message', 'part', 'key', 'type').map(row =>
    [row.message, row.part, row.key, row.type].join(' | '),
  )
  expect(rows.toSorted()).toEqual([...stream.keys].toSorted())
})

test('the table of reasons has each that there is', () => {
  const rows = rowsOf('number', 'name').map(({ number, name }) => [name, Number(number)])
  expect(rows).toEqual(Object.entries(dataSendReason))
})
