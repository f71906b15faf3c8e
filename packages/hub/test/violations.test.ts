import { type HdsViolation, hdsViolations } from '@hksv/hds'
import { Recording } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { connect } from './support/connect.ts'
import { type ForgedChunk, forgeStream } from './support/forged-stream.ts'

const init: ForgedChunk = { dataType: 'mediaInitialization', dataSequenceNumber: 1 }
const fragment: ForgedChunk = { dataType: 'mediaFragment', dataSequenceNumber: 2 }

describe('a camera that breaks a rule', () => {
  it.each<[rule: HdsViolation, received: number, chunks: ForgedChunk[]]>([
    ['initialization-missing', 0, [{ ...fragment, dataSequenceNumber: 1 }]],
    ['fragment-unexpected', 1, [init, init]],
    ['fragment-unexpected', 2, [init, fragment, { ...fragment, dataType: 'mediaGoodbye' }]],
    ['chunk-out-of-order', 1, [init, { ...fragment, dataChunkSequenceNumber: 2 }]],
    [
      'chunk-out-of-order',
      1,
      [
        init,
        { ...fragment, isLastDataChunk: false },
        { ...fragment, isLastDataChunk: false, dataChunkSequenceNumber: 3 },
      ],
    ],
    [
      'fragment-changed',
      1,
      [init, { ...fragment, isLastDataChunk: false }, { ...fragment, dataSequenceNumber: 3 }],
    ],
    ['total-size-mismatch', 1, [init, { ...fragment, dataTotalSize: 5 }]],
    ['fragment-too-long', 1, [init, { ...fragment, dataTotalSize: 2 ** 31 }]],
    ['fragment-empty', 1, [init, { ...fragment, bytes: new Uint8Array(0) }]],
    ['metadata-malformed', 1, [init, { ...fragment, dataType: 7 }]],
  ])('is told so, and what came before is kept: %s', async (rule, received, chunks) => {
    const { accessory, client } = await connect()
    const camera = await forgeStream(accessory, chunks)
    const recording = await Recording.open(client)
    let count = 0
    for await (const { data } of recording) {
      expect(data).toEqual(Uint8Array.of(1, 2, 3, 4))
      count++
    }
    expect(count).toBe(received)
    expect(recording.end).toEqual({
      by: 'hub',
      reason: expect.stringMatching(`^${rule}: .`),
      isComplete: false,
    })
    expect(await camera.closed).toBe(hdsViolations[rule])
    expect(client.signal.aborted).toBe(false)
  })
})

describe('a camera that is not strict', () => {
  it('may skip numbers, leave out sizes, and write a size that is no number', async () => {
    const { accessory, client } = await connect()
    await forgeStream(accessory, [
      init,
      { ...fragment, dataSequenceNumber: 5 },
      { ...fragment, dataSequenceNumber: 9, dataTotalSize: 'four' },
      { ...fragment, dataSequenceNumber: 10, isLastDataChunk: 1 },
    ])
    const recording = await Recording.open(client)
    const sequences: number[] = []
    for await (const { sequence } of recording) if (sequences.push(sequence) === 4) break
    expect(sequences).toEqual([1, 5, 9, 10])
    expect(recording.end).toMatchObject({ reason: 'normal', isComplete: true })
  })
})
