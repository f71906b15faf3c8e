import { createRequire } from 'node:module'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { Announcement } from '../src/discovery/advertiser.ts'
import { answer } from '../src/discovery/answer.ts'
import { isConflict, isLost } from '../src/discovery/conflict.ts'
import { instanceName } from '../src/discovery/instance-name.ts'
import type { DnsMessage, DnsRecord } from '../src/discovery/message.ts'
import { goodbye, namesOf, recordsOf } from '../src/discovery/records.ts'

const DEVICE_ID = 'AA:BB:CC:DD:EE:FF'
const announcement: Announcement = {
  name: 'Porch',
  port: 51_826,
  deviceId: DEVICE_ID,
  model: 'HKSV Camera',
  category: 17,
  configurationNumber: 3,
  setupHash: 'rxqrlA==',
  isPaired: false,
}
const names = namesOf('Porch', DEVICE_ID)
const records = recordsOf(announcement, names, ['192.168.1.20', 'fe80::1'])
const types = (list: readonly DnsRecord[] | undefined) => (list ?? []).map(({ type }) => type)

/** What a host that speaks multicast asks. */
function ask(name: string, type: string, message: DnsMessage & { class?: string } = {}) {
  const { class: questionClass = 'IN', ...rest } = message
  return answer({ questions: [{ name, type, class: questionClass }], ...rest }, 5353, records)
}

describe('records', () => {
  test('say what HAP wants said, and only of this accessory that it is the only one', () => {
    const texts = records.flatMap(({ type, data }) => (type === 'TXT' ? data.map(String) : []))
    expect(texts).toEqual([
      'c#=3',
      'ff=0',
      `id=${DEVICE_ID}`,
      'md=HKSV Camera',
      'pv=1.1',
      's#=1',
      'sf=1',
      'ci=17',
      'sh=rxqrlA==',
    ])
    const shared = records.filter(({ flush }) => flush !== true)
    expect(shared.map(({ name, type }) => `${type} ${name}`)).toEqual([
      'PTR _hap._tcp.local',
      'PTR _services._dns-sd._udp.local',
    ])
  })

  test('a goodbye takes back everything but that there are accessories', () => {
    const taken = goodbye(records)
    expect(taken.every(({ ttl }) => ttl === 0)).toBe(true)
    expect(types(taken)).toEqual(['PTR', 'SRV', 'TXT', 'A', 'AAAA'])
  })
})

describe('instance names', () => {
  test.each([
    ['Porch', 1, 'Porch'],
    ['Porch', 2, 'Porch (2)'],
    ['St. Mary', 1, 'St\u2024 Mary'],
    [' a\u0000b ', 1, 'ab'],
    ['x'.repeat(63), 1, 'x'.repeat(63)],
    ['x'.repeat(63), 12, `${'x'.repeat(58)} (12)`],
    ['ä'.repeat(40), 1, 'ä'.repeat(31)],
    [`${'x'.repeat(60)}👩‍👩‍👧`, 1, 'x'.repeat(60)],
  ])('%j, attempt %i', (name, attempt, label) => {
    expect(instanceName(name, attempt)).toBe(label)
  })
})

describe('answers', () => {
  test('a browser gets the instance, and all that it asks next', () => {
    const [reply, ...rest] = ask('_HAP._tcp.local', 'PTR')
    expect(rest).toEqual([])
    expect(reply).toMatchObject({ isUnicast: false, isShared: true })
    expect(types(reply?.message.answers)).toEqual(['PTR'])
    expect(types(reply?.message.additionals)).toEqual(['SRV', 'TXT', 'A', 'AAAA'])
  })

  test('what the asker knows is not said again, unless it will soon forget it', () => {
    const pointer = records[0] as DnsRecord
    expect(ask('_hap._tcp.local', 'PTR', { answers: [pointer] })).toEqual([])
    const old = { ...pointer, ttl: pointer.ttl / 2 - 1 }
    expect(ask('_hap._tcp.local', 'PTR', { answers: [old] })).toHaveLength(1)
    const other = { ...pointer, data: 'Other._hap._tcp.local' } as DnsRecord
    expect(ask('_hap._tcp.local', 'PTR', { answers: [other] })).toHaveLength(1)
  })

  test('an outdated TXT record is no known answer', () => {
    const paired = recordsOf({ ...announcement, isPaired: true }, names, ['192.168.1.20'])
    const stale = paired.filter(({ type }) => type === 'TXT')
    expect(ask(names.instance, 'TXT', { answers: stale })).toHaveLength(1)
  })

  test('a question for a unicast answer gets one', () => {
    const [reply] = ask(names.instance, 'SRV', { class: 'UNKNOWN_32769' })
    expect(reply).toMatchObject({ isUnicast: true, isShared: false })
  })

  test('a resolver that knows no multicast hears its own question, and no flush bits', () => {
    const questions = [{ name: names.host, type: 'A', class: 'IN' }]
    const [reply] = answer({ id: 7, questions }, 40_000, records)
    expect(reply).toMatchObject({ isUnicast: true, message: { id: 7, questions } })
    expect(reply?.message.answers).toMatchObject([{ ttl: 10, flush: false, type: 'A' }])
  })

  test('of a name that is ours it says what there is not', () => {
    const only4 = recordsOf(announcement, names, ['192.168.1.20'])
    const questions = [{ name: names.host, type: 'AAAA', class: 'IN' }]
    const [reply] = answer({ questions }, 5353, only4)
    expect(reply?.message.answers).toMatchObject([
      { type: 'NSEC', data: { nextDomain: names.host, rrtypes: ['A'] } },
    ])
  })

  test('of the names of others it says nothing', () => {
    expect(ask('_airplay._tcp.local', 'PTR')).toEqual([])
    expect(ask('Other._hap._tcp.local', 'ANY')).toEqual([])
    expect(ask('_hap._tcp.local', 'TXT')).toEqual([])
  })
})

describe('conflicts', () => {
  const rivals = (port: number) =>
    recordsOf(
      { ...announcement, port, deviceId: 'AA:BB:CC:DD:EE:00' },
      namesOf('porch', DEVICE_ID),
      [],
    )

  test('our own words are none, and goodbyes are none', () => {
    expect(isConflict(records, records)).toBe(false)
    expect(isConflict(goodbye(rivals(1)), records)).toBe(false)
    expect(isConflict(rivals(1), records)).toBe(true)
  })

  test('of two that probe at once exactly one loses', () => {
    expect(isLost(records, records)).toBe(false)
    expect(isLost([], records)).toBe(false)
    for (const port of [1, 51_826, 65_535]) {
      expect(isLost(rivals(port), records)).not.toBe(isLost(records, rivals(port)))
    }
  })
})

test('no message whatever makes it fail', () => {
  const library = createRequire(createRequire(import.meta.url).resolve('bonjour-service'))
  const packets: { encode(message: object): Buffer; decode(bytes: Uint8Array): DnsMessage } =
    createRequire(library.resolve('multicast-dns'))('dns-packet')
  const questions = ['PTR', 'SRV', 'ANY'].map(type => ({ name: names.instance, type }))
  const whole = packets.encode({ questions, answers: records, authorities: records })
  let read = 0
  const mutation = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) })
  fc.assert(
    fc.property(
      fc.array(mutation, { minLength: 1, maxLength: 8 }),
      fc.nat(65_535),
      (list, port) => {
        const bytes = Uint8Array.from(whole)
        for (const { at, byte } of list) bytes[at] = byte
        let message: DnsMessage
        try {
          message = packets.decode(Buffer.from(bytes))
        } catch {
          return
        }
        read += 1
        const { answers = [], authorities = [] } = message
        for (const { message: reply } of answer(message, port, records)) packets.encode(reply)
        isConflict(answers, records)
        isLost(authorities, records)
      },
    ),
    { numRuns: 3000 },
  )
  expect(read).toBeGreaterThan(500)
})
