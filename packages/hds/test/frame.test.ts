import { portableProvider } from '@hksv/crypto'
import { nodeProvider } from '@hksv/crypto/node'
import {
  decodePayload,
  deriveHdsKeys,
  encodePayload,
  FrameOpener,
  FrameSealer,
  identify,
  MAX_PAYLOAD_LENGTH,
  MAX_SENT_PAYLOAD_LENGTH,
} from '@hksv/hds'
import { describe, expect, it } from 'vitest'

import { fromHex, toHex, vectors } from './vector.ts'

const file = vectors<
  {
    direction: 'controller-to-accessory' | 'accessory-to-controller'
    counter: number
    payload: string
    hex: string
  },
  {
    inputs: { sharedSecret: string; controllerKeySalt: string; accessoryKeySalt: string }
    keys: { accessoryToController: string; controllerToAccessory: string }
  }
>('frames')

const inputs = {
  sharedSecret: fromHex(file.inputs.sharedSecret),
  controllerKeySalt: fromHex(file.inputs.controllerKeySalt),
  accessoryKeySalt: fromHex(file.inputs.accessoryKeySalt),
}

describe.each([nodeProvider, portableProvider])('with the backend $name', crypto => {
  const keys = deriveHdsKeys(crypto, inputs)
  const keyOf = (direction: string): Uint8Array =>
    direction === 'controller-to-accessory'
      ? keys.controllerToAccessory
      : keys.accessoryToController

  it('derives the keys of both directions', () => {
    expect(toHex(keys.accessoryToController)).toBe(file.keys.accessoryToController)
    expect(toHex(keys.controllerToAccessory)).toBe(file.keys.controllerToAccessory)
  })

  it('derives no keys from anything but 32 bytes', () => {
    for (const name of ['sharedSecret', 'controllerKeySalt', 'accessoryKeySalt']) {
      expect(() => deriveHdsKeys(crypto, { ...inputs, [name]: new Uint8Array(31) })).toThrow(
        RangeError,
      )
    }
  })

  it.each(file.cases)('seals and opens: $name', ({ direction, counter, payload, hex }) => {
    const key = keyOf(direction)
    const plain = fromHex(payload)
    const sealed = new FrameSealer(crypto, key, BigInt(counter)).seal([
      plain.subarray(0, 5),
      new Uint8Array(),
      plain.subarray(5),
    ])
    expect(toHex(Buffer.concat(sealed))).toBe(hex)
    const opener = new FrameOpener(crypto, key, { counter: BigInt(counter) })
    opener.push(fromHex(hex))
    expect(toHex(opener.next() ?? new Uint8Array())).toBe(payload)
    expect(opener.next()).toBeUndefined()
    // The frames' payloads were written safely: writing them again changes nothing.
    const { header, message } = decodePayload(plain)
    expect(toHex(Buffer.concat(encodePayload(header, message)))).toBe(payload)
  })

  it('opens a whole direction one byte at a time', () => {
    const rows = file.cases.filter(row => row.direction === 'controller-to-accessory')
    const opener = new FrameOpener(crypto, keys.controllerToAccessory)
    const opened: string[] = []
    for (const byte of fromHex(rows.map(row => row.hex).join(''))) {
      opener.push(Uint8Array.of(byte))
      const payload = opener.next()
      if (payload !== undefined) opened.push(toHex(payload))
    }
    expect(opened).toEqual(rows.map(row => row.payload))
    expect(opener.pendingLength).toBe(0)
  })

  it('refuses a frame of which any bit is another', () => {
    const [row] = file.cases
    const frame = fromHex(row?.hex ?? '')
    for (let at = 0; at < frame.length; at++) {
      const altered = Uint8Array.from(frame)
      altered[at] = (altered[at] ?? 0) ^ 0x10
      const opener = new FrameOpener(crypto, keys.controllerToAccessory)
      opener.push(altered)
      // More payload than arrived leaves it waiting; everything else is noticed.
      if (at === 1 || at === 2)
        expect(['incomplete', 'HDS_FRAME_TOO_LONG']).toContain(outcome(opener))
      else if (at === 3) expect(outcome(opener)).toMatch(/incomplete|HDS_AUTHENTICATION/)
      else expect(outcome(opener)).toBe(at === 0 ? 'HDS_FRAME_TYPE' : 'HDS_AUTHENTICATION')
    }
  })

  it('finds the prepared session of a first frame', () => {
    const [hello] = file.cases
    const frame = fromHex(hello?.hex ?? '')
    const other = { controllerToAccessory: new Uint8Array(32) }
    for (let length = 0; length < frame.length; length++) {
      expect(identify(crypto, [other, keys], frame.subarray(0, length))).toBe('incomplete')
    }
    expect(identify(crypto, [other, keys], frame)).toBe(1)
    expect(identify(crypto, [keys, other], Buffer.concat([frame, frame]))).toBe(0)
    expect(identify(crypto, [other], frame)).toBe('none')
    expect(identify(crypto, [], frame)).toBe('none')
    expect(identify(crypto, [keys], Uint8Array.of(2, 0, 0, 9))).toBe('none')
    expect(identify(crypto, [keys], Uint8Array.of(1, 0, 0, 0))).toBe('none')
    expect(identify(crypto, [keys], Uint8Array.of(1, 0, 0x10, 0))).toBe('incomplete')
    expect(identify(crypto, [keys], Uint8Array.of(1, 0, 0x10, 1))).toBe('none')
  })
})

function outcome(opener: FrameOpener): string {
  try {
    return opener.next() === undefined ? 'incomplete' : 'opened'
  } catch (error) {
    return String((error as { code?: string }).code)
  }
}

describe('a frame opener', () => {
  const key = new Uint8Array(32)

  it.each([
    ['type 0', [0, 0, 0, 9], 'HDS_FRAME_TYPE'],
    ['type 2', [2, 0, 0, 9], 'HDS_FRAME_TYPE'],
    ['type 3, not encrypted', [3, 0, 0, 9], 'HDS_FRAME_TYPE'],
    ['length 0', [1, 0, 0, 0], 'HDS_FRAME_TOO_SHORT'],
    ['length 2', [1, 0, 0, 2], 'HDS_FRAME_TOO_SHORT'],
    ['length 3', [1, 0, 0, 3], 'incomplete'],
    ['length 0xfffff', [1, 0x0f, 0xff, 0xff], 'incomplete'],
    ['length 0x100000', [1, 0x10, 0, 0], 'HDS_FRAME_TOO_LONG'],
    ['three bytes', [9, 9, 9], 'incomplete'],
  ])('at %s', (_, header, expected) => {
    const opener = new FrameOpener(nodeProvider, key)
    opener.push(Uint8Array.from(header))
    expect(outcome(opener)).toBe(expected)
  })

  it('is of no use after an error, and forgets what it held', () => {
    const opener = new FrameOpener(nodeProvider, key, { maxPayloadLength: 100 })
    opener.push(Uint8Array.of(1, 0, 0, 101, 1, 2, 3))
    expect(outcome(opener)).toBe('HDS_FRAME_TOO_LONG')
    opener.push(Buffer.concat(new FrameSealer(nodeProvider, key).seal([new Uint8Array(3)])))
    expect(outcome(opener)).toBe('HDS_FRAME_TOO_LONG')
    expect(opener.pendingLength).toBe(0)
  })

  it('takes the longest frame that may be sent, in a million pieces or one', () => {
    const payload = new Uint8Array(MAX_SENT_PAYLOAD_LENGTH).fill(3)
    const sealer = new FrameSealer(nodeProvider, key)
    const opener = new FrameOpener(nodeProvider, key)
    const frame = Buffer.concat(sealer.seal([payload]))
    const opened: Uint8Array[] = []
    for (let at = 0; at < frame.length; at++) {
      opener.push(frame.subarray(at, at + 1))
      const next = opener.next()
      if (next !== undefined) opened.push(next)
    }
    expect(
      opened.map(each => payload.length === each.length && Buffer.compare(each, payload)),
    ).toEqual([0])
    opener.push(Buffer.concat(sealer.seal([payload])))
    expect(opener.next()).toHaveLength(MAX_SENT_PAYLOAD_LENGTH)
    expect(() => sealer.seal([payload, new Uint8Array(1)])).toThrow(RangeError)
    expect(MAX_PAYLOAD_LENGTH).toBeGreaterThan(MAX_SENT_PAYLOAD_LENGTH)
  })
})
