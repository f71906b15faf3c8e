import { readFileSync } from 'node:fs'
import {
  deriveSrtpKey,
  type SrtpKey,
  SrtpReceiver,
  SrtpSender,
  type SrtpSuite,
  srtpSuites,
} from '@hksv/media/live'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rtp } from './support/rtp-packetizer.ts'
import { fromHex, toHex } from './support/rtp-receive.ts'

interface Row {
  readonly name: string
  readonly suite: SrtpSuite
  readonly hex: string
  readonly error?: string
}

interface KeyRow extends Row {
  readonly value?: { cipherKey: string; salt: string; authenticationKey: string }
}

interface PacketRow extends Row {
  readonly protocol: 'rtp' | 'rtcp'
  readonly value?: string
  readonly why?: string
}

function rows<R extends Row>(name: string): R[] {
  const file = new URL(`../../../test-vectors/media/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).cases
}

const masterKey = ({ suite, hex }: Row): SrtpKey => {
  const { keyLength } = srtpSuites[suite]
  const bytes = fromHex(hex)
  return { suite, key: bytes.subarray(0, keyLength), salt: bytes.subarray(keyLength) }
}

const keyRows = rows<KeyRow>('srtp-keys')
const keyOf = (suite: SrtpSuite): SrtpKey => {
  const row = keyRows.find(one => one.suite === suite && one.error === undefined)
  if (row === undefined) throw new Error(`no key of ${suite}`)
  return masterKey(row)
}

const suites = Object.keys(srtpSuites) as SrtpSuite[]

/** @returns A copy of `packet`, protected. */
function protect(sender: SrtpSender, packet: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(packet.length + 10)
  buffer.set(packet)
  expect(sender.protectRtp(buffer, packet.length)).toBe(buffer.length)
  return buffer
}

/** What the packet says, or why it is refused. */
const said = (result: Uint8Array | string) => (typeof result === 'string' ? result : toHex(result))

describe('key derivation', () => {
  test.each(keyRows)('$name', row => {
    const key = masterKey(row)
    if (row.value === undefined) {
      expect(() => new SrtpSender(key)).toThrow(RangeError)
      expect(() => new SrtpReceiver(key)).toThrow(RangeError)
      return
    }
    const { cipherKey, salt, authenticationKey } = row.value
    expect(toHex(deriveSrtpKey(key, 0, cipherKey.length / 2))).toBe(cipherKey)
    expect(toHex(deriveSrtpKey(key, 1, 20))).toBe(authenticationKey)
    expect(toHex(deriveSrtpKey(key, 2, 14))).toBe(salt)
  })
})

describe('packets', () => {
  test.each(rows<PacketRow>('srtp-packets'))('$name', ({ suite, protocol, hex, value, why }) => {
    const open = (text: string) => {
      const receiver = new SrtpReceiver(keyOf(suite))
      const bytes = fromHex(text)
      const result =
        protocol === 'rtp' ? receiver.unprotectRtp(bytes) : receiver.unprotectRtcp(bytes)
      // What is refused stays as it was.
      if (typeof result === 'string') expect(toHex(bytes)).toBe(text)
      return said(result)
    }
    expect(open(hex)).toBe(value ?? why)
    for (let length = 0; length < hex.length; length += 2)
      expect(['malformed', 'authentication']).toContain(open(hex.slice(0, length)))
    if (value === undefined) return
    const sender = new SrtpSender(keyOf(suite), { rtcpIndex: 1 })
    const buffer = new Uint8Array(hex.length / 2)
    buffer.set(fromHex(value))
    const length = value.length / 2
    const protectedLength =
      protocol === 'rtp' ? sender.protectRtp(buffer, length) : sender.protectRtcp(buffer, length)
    expect(toHex(buffer.subarray(0, protectedLength))).toBe(hex)
  })
})

describe.each(suites)('%s', suite => {
  const key = keyOf(suite)

  test('what is protected is what comes out: CSRCs, extensions, padding, any payload', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 1400 }),
        fc.nat(0xffff),
        fc.infiniteStream(fc.nat(1000)),
        (payload, sequenceNumber, choices) => {
          const pick = (count: number) => Number(choices.next().value) % count
          const packet = rtp({ sequenceNumber, timestamp: 5 }, payload, pick)
          const bytes = protect(new SrtpSender(key), packet)
          expect(said(new SrtpReceiver(key).unprotectRtp(bytes))).toBe(toHex(packet))
        },
      ),
    )
  })

  test('any changed bit is found', () => {
    const packet = rtp({ sequenceNumber: 7, timestamp: 9 }, Uint8Array.of(1, 2, 3))
    const bytes = protect(new SrtpSender(key), packet)
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = bytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(typeof new SrtpReceiver(key).unprotectRtp(changed)).toBe('string')
    }
  })

  test('the sequence number wraps three times, with losses and swaps', () => {
    const sender = new SrtpSender(key)
    const receiver = new SrtpReceiver(key)
    const packets: Uint8Array[] = []
    for (let i = 60_000; i < 250_000; i += 997)
      packets.push(rtp({ sequenceNumber: i & 0xffff, timestamp: i }, Uint8Array.of(i & 0xff)))
    const sealed = packets.map(packet => protect(sender, packet))
    for (let i = 1; i < sealed.length; i += 2)
      for (const at of [i, i - 1]) {
        const [bytes, packet] = [sealed[at], packets[at]]
        if (bytes && packet) expect(said(receiver.unprotectRtp(bytes))).toBe(toHex(packet))
      }
  })
})

describe('replays', () => {
  const key = keyOf('AES_CM_128_HMAC_SHA1_80')
  const packet = (sequenceNumber: number) => rtp({ sequenceNumber, timestamp: 1 }, Uint8Array.of(1))

  test('a packet counts once, a late one still counts, one too late does not', () => {
    const sender = new SrtpSender(key)
    const sealed = Array.from({ length: 1100 }, (_, i) => protect(sender, packet(i)))
    const receiver = new SrtpReceiver(key)
    const result = (i: number) => said(receiver.unprotectRtp((sealed[i] ?? packet(0)).slice()))
    expect(result(3)).toBe(toHex(packet(3)))
    expect(result(3)).toBe('replayed')
    expect(result(2)).toBe(toHex(packet(2)))
    expect(result(1099)).toBe(toHex(packet(1099)))
    expect(result(76)).toBe(toHex(packet(76)))
    expect(result(76)).toBe('replayed')
    expect(result(75)).toBe('too-old')
  })

  test('a forged packet does not move the window', () => {
    const receiver = new SrtpReceiver(key)
    const forged = protect(new SrtpSender(key), packet(30_000))
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    expect(receiver.unprotectRtp(forged)).toBe('authentication')
    expect(said(receiver.unprotectRtp(protect(new SrtpSender(key), packet(5))))).toBe(
      toHex(packet(5)),
    )
  })

  test('a source that was forged does not take a place', () => {
    const receiver = new SrtpReceiver(key)
    const sealed = (ssrc: number) =>
      protect(new SrtpSender(key), rtp({ sequenceNumber: 1, timestamp: 1, ssrc }, Uint8Array.of(1)))
    for (let ssrc = 100; ssrc < 200; ssrc++) {
      const forged = sealed(ssrc)
      forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
      expect(receiver.unprotectRtp(forged)).toBe('authentication')
    }
    for (const ssrc of [1, 2]) {
      expect(typeof receiver.unprotectRtp(sealed(ssrc))).toBe('object')
      expect(receiver.unprotectRtp(sealed(ssrc))).toBe('replayed')
    }
  })

  test('before the first wrap there is nothing', () => {
    const receiver = new SrtpReceiver(key)
    receiver.unprotectRtp(protect(new SrtpSender(key), packet(2)))
    expect(receiver.unprotectRtp(protect(new SrtpSender(key), packet(65_000)))).toBe('too-old')
  })

  test('RTCP counts once, and comes encrypted', () => {
    const report = fromHex('80c9000100000007')
    const seal = (sender: SrtpSender) => {
      const buffer = new Uint8Array(22)
      buffer.set(report)
      sender.protectRtcp(buffer, 8)
      return buffer
    }
    const receiver = new SrtpReceiver(key)
    const sender = new SrtpSender(key)
    const first = seal(sender)
    expect(said(receiver.unprotectRtcp(first.slice()))).toBe(toHex(report))
    expect(receiver.unprotectRtcp(first.slice())).toBe('replayed')
    expect(said(receiver.unprotectRtcp(seal(sender)))).toBe(toHex(report))
  })

  test('one key is followed for sixteen sources', () => {
    const receiver = new SrtpReceiver(key)
    const open = (ssrc: number) =>
      receiver.unprotectRtp(
        protect(
          new SrtpSender(key),
          rtp({ sequenceNumber: 1, timestamp: 1, ssrc }, Uint8Array.of(1)),
        ),
      )
    for (let ssrc = 0; ssrc < 16; ssrc++) expect(typeof open(ssrc)).toBe('object')
    expect(open(16)).toBe('too-many-sources')
  })
})

describe('what a sender may not do', () => {
  const key = keyOf('AES_CM_128_HMAC_SHA1_80')
  const packet = rtp({ sequenceNumber: 1, timestamp: 1 }, Uint8Array.of(1))

  test('use a counter twice', () => {
    const sender = new SrtpSender(key)
    protect(sender, packet)
    expect(() => protect(sender, packet)).toThrow(RangeError)
  })

  test('write without room, or what is no packet', () => {
    const sender = new SrtpSender(key)
    expect(() => sender.protectRtp(packet.slice(), packet.length)).toThrow(RangeError)
    expect(() => sender.protectRtp(new Uint8Array(100), 20)).toThrow(RangeError)
    expect(() => sender.protectRtcp(new Uint8Array(100), 7)).toThrow(RangeError)
    expect(() => sender.protectRtcp(new Uint8Array(20), 8)).toThrow(RangeError)
  })

  test('go on when the key is used up', () => {
    const last = new SrtpSender(key, { rollover: 2 ** 32 - 1, rtcpIndex: 2 ** 31 - 1 })
    protect(last, rtp({ sequenceNumber: 0xffff, timestamp: 1 }, Uint8Array.of(1)))
    expect(() => protect(last, rtp({ sequenceNumber: 0, timestamp: 1 }, packet))).toThrow(
      RangeError,
    )
    const report = new Uint8Array(22)
    expect(last.protectRtcp(report, 8)).toBe(22)
    expect(() => last.protectRtcp(report, 8)).toThrow(RangeError)
  })
})
