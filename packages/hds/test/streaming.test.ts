import { nodeProvider } from '@hksv/crypto/node'
import { CHUNK_LENGTH, HdsAccessory } from '@hksv/hds'
import type { OpackDictionary, OpackValue } from '@hksv/hds/opack'
import { describe, expect, it } from 'vitest'

import { keys, Pair } from './pair.ts'
import { openMessage, RawPeer } from './raw-peer.ts'

/** A hub without rules at an accessory that records stream 1. */
function recorder() {
  const machine = new HdsAccessory({ crypto: nodeProvider, keys, now: 0 })
  const peer = Object.assign(new RawPeer(machine, 'hub'), { machine })
  peer.request('hello', 1000, {}, 'control')
  peer.request('open', 1, openMessage(1))
  machine.send({ type: 'accept-recording', streamId: 1 }, 0)
  peer.read()
  return peer
}

function send(
  peer: ReturnType<typeof recorder>,
  length: number,
  more: { endOfStream?: true } = {},
) {
  const isFirst = length === 1143
  const dataType = isFirst ? 'mediaInitialization' : 'mediaFragment'
  const parts = [new Uint8Array(length)]
  peer.machine.send({ type: 'send-fragment', streamId: 1, dataType, parts, ...more }, 0)
}

function dictionaryAt(
  value: OpackValue | undefined,
  ...path: (string | number)[]
): OpackDictionary {
  let at = value
  for (const step of path) {
    if (at instanceof Map) at = at.get(String(step))
    else if (Array.isArray(at)) at = at[Number(step)]
  }
  if (!(at instanceof Map)) throw new Error('no dictionary')
  return at
}

/** What a data event says, and how long its data is. */
function chunk(message: OpackDictionary) {
  const packet = dictionaryAt(message, 'packets', 0)
  const data = packet.get('data')
  return {
    ...Object.fromEntries(message),
    packets: undefined,
    length: data instanceof Uint8Array ? data.length : undefined,
    ...Object.fromEntries(dictionaryAt(packet.get('metadata'))),
  }
}

describe('the worked example of the specification', () => {
  it('is cut as it says', () => {
    const peer = recorder()
    for (const length of [1143, 371_381, 422_489]) send(peer, length)
    send(peer, 455_063, { endOfStream: true })
    const row = (
      dataSequenceNumber: number,
      dataChunkSequenceNumber: number,
      length: number,
      isLastDataChunk: boolean,
      more: object = {},
    ) => ({
      streamId: 1,
      packets: undefined,
      length,
      dataType: dataSequenceNumber === 1 ? 'mediaInitialization' : 'mediaFragment',
      dataSequenceNumber,
      dataChunkSequenceNumber,
      isLastDataChunk,
      ...more,
    })
    expect(peer.read().map(({ message }) => chunk(message))).toEqual([
      row(1, 1, 1143, true, { dataTotalSize: 1143 }),
      row(2, 1, 262_144, false, { dataTotalSize: 371_381 }),
      row(2, 2, 109_237, true),
      row(3, 1, 262_144, false, { dataTotalSize: 422_489 }),
      row(3, 2, 160_345, true),
      row(4, 1, 262_144, false, { dataTotalSize: 455_063 }),
      row(4, 2, 192_919, true, { endOfStream: true }),
    ])
  })

  it.each([
    [CHUNK_LENGTH - 1, [CHUNK_LENGTH - 1]],
    [CHUNK_LENGTH, [CHUNK_LENGTH]],
    [CHUNK_LENGTH + 1, [CHUNK_LENGTH, 1]],
    [3 * CHUNK_LENGTH, [CHUNK_LENGTH, CHUNK_LENGTH, CHUNK_LENGTH]],
  ])('has no empty chunk at %d bytes', (length, expected) => {
    const peer = recorder()
    send(peer, 1143)
    send(peer, length, { endOfStream: true })
    const [, ...chunks] = peer.read().map(({ message }) => chunk(message))
    expect(chunks.map(each => each.length)).toEqual(expected)
    const flags = chunks.map(each => ('endOfStream' in each ? each.endOfStream : undefined))
    expect(flags).toEqual(expected.map((_, i) => (i === expected.length - 1 ? true : undefined)))
  })

  it('labels a long initialization on every chunk', () => {
    const peer = recorder()
    const parts = [new Uint8Array(CHUNK_LENGTH + 5)]
    const command = { type: 'send-fragment', dataType: 'mediaInitialization' } as const
    peer.machine.send({ ...command, streamId: 1, parts }, 0)
    expect(peer.read().map(({ message }) => chunk(message))).toMatchObject([
      { dataType: 'mediaInitialization', dataSequenceNumber: 1, dataChunkSequenceNumber: 1 },
      { dataType: 'mediaInitialization', dataSequenceNumber: 1, dataChunkSequenceNumber: 2 },
    ])
  })
})

describe('media on its way out', () => {
  it('reaches the cipher as the slices it came in', () => {
    const sealed: Uint8Array[] = []
    const crypto = {
      ...nodeProvider,
      aead: (key: Uint8Array) => {
        const aead = nodeProvider.aead(key)
        return {
          ...aead,
          open: aead.open.bind(aead),
          seal: (nonce: Uint8Array, aad: Uint8Array, parts: readonly Uint8Array[]) => {
            sealed.push(...parts)
            return aead.seal(nonce, aad, parts)
          },
        }
      },
    }
    const pair = Pair.recording({ crypto })
    const pages = Array.from({ length: 9 }, () => new Uint8Array(50_000))
    const command = { type: 'send-fragment', streamId: 1 } as const
    pair.sendAccessory({
      ...command,
      dataType: 'mediaInitialization',
      parts: [pages[0] ?? new Uint8Array()],
    })
    pair.sendAccessory({ ...command, dataType: 'mediaFragment', parts: pages })
    pair.settle()
    const buffers = new Set(pages.map(page => page.buffer))
    const media = sealed.filter(part => part.length >= 1024)
    expect(media.every(part => buffers.has(part.buffer as ArrayBuffer))).toBe(true)
    expect(media.reduce((sum, part) => sum + part.length, 0)).toBe(500_000)
    expect(pair.look().hub.filter(({ type }) => type === 'fragment')).toHaveLength(2)
  })

  it('is sealed one frame at a time, and pendingLength is what is left to take', () => {
    const pair = Pair.recording()
    const { accessory } = pair
    const command = { type: 'send-fragment', streamId: 1, dataType: 'mediaFragment' } as const
    const parts = [new Uint8Array(600_000)]
    pair.sendAccessory({ ...command, dataType: 'mediaInitialization', parts: [new Uint8Array(9)] })
    pair.sendAccessory({ ...command, parts })
    let left = accessory.pendingLength
    expect(left).toBeGreaterThan(600_009)
    expect(left).toBeLessThan(600_009 + 4 * 300)
    for (let piece = accessory.take(); piece !== undefined; piece = accessory.take()) {
      left -= piece.length
      expect(accessory.pendingLength).toBe(left)
    }
    expect(left).toBe(0)
  })

  it('is dropped when the hub closes, but a frame that was begun is finished', () => {
    const pair = Pair.recording()
    const { accessory } = pair
    const command = { type: 'send-fragment', streamId: 1 } as const
    const initialization = [new Uint8Array(9)]
    pair.sendAccessory({ ...command, dataType: 'mediaInitialization', parts: initialization })
    pair.settle()
    pair.stalled.add('accessory')
    for (let i = 0; i < 4; i++) {
      pair.sendAccessory({
        ...command,
        dataType: 'mediaFragment',
        parts: [new Uint8Array(500_000)],
      })
    }
    pair.inject('hub', accessory.take() ?? new Uint8Array())
    const before = accessory.pendingLength
    pair.sendHub({ type: 'close-recording', streamId: 1, reason: 0 })
    pair.settle()
    expect(before).toBeGreaterThan(1_900_000)
    expect(accessory.pendingLength).toBeGreaterThan(CHUNK_LENGTH)
    expect(accessory.pendingLength).toBeLessThan(CHUNK_LENGTH + 300)
    pair.stalled.delete('accessory')
    pair.look()
    pair.sendHub({ type: 'open-recording' })
    pair.settle()
    pair.sendAccessory({ type: 'accept-recording', streamId: 2 })
    pair.sendAccessory({
      ...command,
      streamId: 2,
      dataType: 'mediaInitialization',
      parts: initialization,
    })
    pair.settle()
    // The frames' numbers still fit: nothing failed, and the next stream runs.
    expect(pair.look().hub.map(event => event.type)).toEqual([
      'opening',
      'notice',
      'opened',
      'fragment',
    ])
    expect(accessory.pendingLength).toBe(0)
  })

  it('is dropped when the program closes, and the close goes out', () => {
    const peer = recorder()
    send(peer, 1143)
    peer.read()
    send(peer, 500_000)
    peer.machine.send({ type: 'close-recording', streamId: 1, reason: 1 }, 0)
    expect(peer.read()).toEqual([
      {
        header: { kind: 'event', protocol: 'dataSend', topic: 'close' },
        message: new Map([
          ['streamId', 1],
          ['reason', 1],
        ]),
      },
    ])
  })
})
