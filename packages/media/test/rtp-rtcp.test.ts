import { isRtcp, parseRtcp, writeReceiverReport } from '@hksv/media/rtp'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from './support/rtp-receive.ts'

const word = fc.integer({ min: 0, max: 0xffffffff })
const block = fc.record({
  ssrc: word,
  fractionLost: fc.nat(255),
  cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
  highestSequenceNumber: word,
  jitter: word,
  lastSenderReport: word,
  delaySinceLastSenderReport: word,
})
const name = fc.string({ unit: fc.constantFrom(...'abc@-_.0189'), maxLength: 255 })

describe('a receiver report', () => {
  test('is read as it was written, and is whole words', () => {
    fc.assert(
      fc.property(word, name, fc.array(block, { maxLength: 31 }), (ssrc, cname, blocks) => {
        const bytes = writeReceiverReport({ ssrc, cname, blocks })
        expect(bytes.length % 4).toBe(0)
        expect(isRtcp(bytes)).toBe(true)
        const [report, description, ...others] = parseRtcp(bytes)
        expect(report).toEqual({ type: 'receiver-report', ssrc, blocks })
        expect(description).toEqual({ type: 'source-description', ssrc, cname })
        expect(others).toEqual([])
      }),
    )
  })

  test('of nothing', () => {
    // The list of items ends with a zero, at least one.
    expect(toHex(writeReceiverReport({ ssrc: 7, cname: 'ab', blocks: [] }))).toBe(
      ['80c9000100000007', '81ca0003', '00000007', '01026162', '00000000'].join(''),
    )
  })

  test('does not hold more than there is room for', () => {
    const one = fc.sample(block, 32)
    expect(() => writeReceiverReport({ ssrc: 1, cname: 'a', blocks: one })).toThrow(RangeError)
    expect(() => writeReceiverReport({ ssrc: 1, cname: 'a'.repeat(256), blocks: [] })).toThrow(
      RangeError,
    )
  })
})

describe('what is read', () => {
  test('a sender report with blocks', () => {
    const head = `81c8000c${'00000001'}${'eeae16c9'}${'80000000'}${'00000002'}${'00000003'}${'00000004'}`
    const blocks = `00000005${'20ffffff'}${'00010006'}${'00000007'}${'00000008'}${'00000009'}`
    expect(parseRtcp(fromHex(head + blocks))).toEqual([
      {
        ...{ type: 'sender-report', ssrc: 1, ntpSeconds: 0xeeae16c9, ntpFraction: 0x80000000 },
        ...{ timestamp: 2, packetCount: 3, octetCount: 4 },
        blocks: [
          {
            ...{ ssrc: 5, fractionLost: 0x20, cumulativeLost: -1, highestSequenceNumber: 0x10006 },
            ...{ jitter: 7, lastSenderReport: 8, delaySinceLastSenderReport: 9 },
          },
        ],
      },
    ])
  })

  test('a name behind other items', () => {
    const bytes = fromHex('81ca000400000007 0602 4142 0102 6364 00000000'.replaceAll(' ', ''))
    expect(parseRtcp(bytes)).toEqual([{ type: 'source-description', ssrc: 7, cname: 'cd' }])
  })

  test.each([
    ['an item behind the end', '81ca00020000000701096162'],
    ['no name', '81ca000200000007 00000000'.replaceAll(' ', '')],
    ['another version', '40c9000100000007'],
    ['an application', '80cc000100000007'],
    ['a sender report that is too short', '80c8000100000007'],
    ['a report without its source', '80c90000'],
  ])('%s: nothing', (_name, hex) => {
    expect(parseRtcp(fromHex(hex))).toEqual([])
  })

  test('blocks that are announced and not there are left out', () => {
    expect(parseRtcp(fromHex('9fc9000100000007'))).toEqual([
      { type: 'receiver-report', ssrc: 7, blocks: [] },
    ])
    expect(parseRtcp(fromHex('9fcb000100000007'))).toEqual([{ type: 'bye', ssrcs: [7] }])
  })

  test('any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(parseRtcp(bytes).length).toBeLessThanOrEqual(bytes.length / 4)
      }),
    )
  })
})
