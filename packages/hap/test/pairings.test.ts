import {
  ADMIN,
  applyPairingsRequest,
  decodePairingsRequest,
  decodePairingsResponse,
  encodePairingsRequest,
  MAX_PAIRINGS,
  type Pairing,
  type PairingsRequest,
  pairingError,
} from '@hksv/hap'
import { describe, expect, it } from 'vitest'

import { errorOf, flip, fromHex, toHex, vectors } from './vector.ts'

interface WrittenPairing extends Omit<Pairing, 'publicKey'> {
  readonly publicKey: string
}

interface Case {
  readonly message: 'request' | 'response'
  readonly hex: string
  readonly value?:
    | readonly WrittenPairing[]
    | { method: string; identifier?: string; pairing?: WrittenPairing }
  readonly canonical?: boolean
  readonly error?: string
  readonly pairingError?: number
}

const file = vectors<Case>('pairings')
const isLegal = (row: Case): boolean => row.error === undefined

function fromVector(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (name, field) =>
    name === 'publicKey' ? fromHex(field) : field,
  )
}

function decode({ message }: Case, body: Uint8Array): unknown {
  return message === 'request' ? decodePairingsRequest(body) : decodePairingsResponse(body)
}

function pairing(identifier: string, permissions: number = ADMIN, fill = 1): Pairing {
  return { identifier, publicKey: new Uint8Array(32).fill(fill), permissions }
}

const owner = pairing('owner')
const guest = pairing('guest', 0)
const home = [owner, guest]
const refused = (error: number) => `06010207010${error}`

/** The answer as a controller reads it. */
function apply(request: PairingsRequest, requester: Pairing | undefined = owner, before = home) {
  const { answer, pairings, isChanged } = applyPairingsRequest(before, request, requester)
  return { answer: toHex(answer), pairings, isChanged }
}

describe('bodies of /pairings', () => {
  it.each(file.cases.filter(isLegal))('reads $message: $name', row => {
    expect(decode(row, fromHex(row.hex))).toEqual(fromVector(row.value))
  })

  it.each(file.cases.filter(row => isLegal(row) && row.canonical !== false))(
    'writes $message: $name',
    row => {
      const value = fromVector(row.value)
      const written = Array.isArray(value)
        ? value.length === 0
          ? applyPairingsRequest(home, { method: 'remove', identifier: '-' }, owner).answer
          : applyPairingsRequest(value, { method: 'list' }, owner).answer
        : encodePairingsRequest(value as PairingsRequest)
      expect(toHex(written)).toBe(row.hex)
    },
  )

  it.each(file.cases.filter(row => !isLegal(row)))('refuses $message: $name', row => {
    const { error: code, pairingError: own } = row
    expect(() => decode(row, fromHex(row.hex))).toThrow(
      expect.objectContaining({ name: 'HapError', code, pairingError: own }),
    )
  })

  it.each(file.cases.filter(isLegal))(
    '$message cut at any byte is another one or none: $name',
    row => {
      const body = fromHex(row.hex)
      for (let length = 0; length < body.length; length++) {
        const code = errorOf(() => decode(row, body.subarray(0, length)))
        // A list may be cut between two records: that is a shorter list.
        if (code === undefined) expect(row.message).toBe('response')
        else expect(code).toBe('PAIR_MALFORMED')
      }
    },
  )
})

describe('who may manage pairings', () => {
  it.each<PairingsRequest>([
    { method: 'list' },
    { method: 'remove', identifier: 'guest' },
    { method: 'add', pairing: pairing('new') },
  ])('$method is for administrators that are still stored', request => {
    for (const requester of [guest, undefined]) {
      const result = applyPairingsRequest(home, request, requester)
      expect(toHex(result.answer)).toBe(refused(pairingError.authentication))
      expect(result).toMatchObject({ pairings: home, isChanged: false })
    }
  })
})

describe('adding a pairing', () => {
  it('stores it', () => {
    const added = pairing('new', 0, 2)
    expect(apply({ method: 'add', pairing: added })).toEqual({
      answer: '060102',
      pairings: [owner, guest, added],
      isChanged: true,
    })
  })

  it('refuses another key under a known id with Unknown, whichever bit differs', () => {
    const unknown = { answer: refused(pairingError.unknown), pairings: home, isChanged: false }
    for (let bit = 0; bit < 256; bit++) {
      const publicKey = flip(guest.publicKey, bit >> 3, 1 << (bit & 7))
      const other = { ...guest, permissions: ADMIN, publicKey }
      expect(apply({ method: 'add', pairing: other })).toEqual(unknown)
    }
    for (const length of [0, 31, 33]) {
      const publicKey = new Uint8Array(length).fill(1)
      expect(apply({ method: 'add', pairing: { ...guest, publicKey } })).toEqual(unknown)
    }
  })

  it('with the same key changes the permissions only', () => {
    const promoted = pairing('guest', ADMIN)
    const { pairings, isChanged } = apply({ method: 'add', pairing: promoted })
    expect(pairings).toEqual([owner, promoted])
    expect(isChanged).toBe(true)
  })

  it('as it is changes nothing', () => {
    expect(apply({ method: 'add', pairing: pairing('guest', 0) })).toEqual({
      answer: '060102',
      pairings: home,
      isChanged: false,
    })
  })

  it('beyond the sixteenth is refused with MaxPeers, changing a known one is not', () => {
    const full = Array.from({ length: MAX_PAIRINGS }, (_, i) => pairing(`${i}`))
    expect(MAX_PAIRINGS).toBe(16)
    const [first] = full
    expect(apply({ method: 'add', pairing: pairing('17th') }, first, full)).toEqual({
      answer: refused(pairingError.maxPeers),
      pairings: full,
      isChanged: false,
    })
    expect(apply({ method: 'add', pairing: pairing('3', 0) }, first, full).isChanged).toBe(true)
    expect(
      apply({ method: 'add', pairing: pairing('16th') }, first, full.slice(1)).pairings.length,
    ).toBe(16)
  })

  it('takes ids that are names of object members', () => {
    const odd = ['__proto__', 'constructor', 'toString'].map(name => pairing(name, 0))
    const all = odd.reduce<readonly Pairing[]>(
      (before, added) =>
        applyPairingsRequest(before, { method: 'add', pairing: added }, owner).pairings,
      home,
    )
    const { answer } = applyPairingsRequest(all, { method: 'list' }, owner)
    expect(decodePairingsResponse(answer)).toEqual([...home, ...odd])
  })
})

describe('removing a pairing', () => {
  it('succeeds, also for one that is not there', () => {
    expect(apply({ method: 'remove', identifier: 'guest' }).pairings).toEqual([owner])
    expect(apply({ method: 'remove', identifier: 'GUEST' })).toEqual({
      answer: '060102',
      pairings: home,
      isChanged: false,
    })
  })

  it.each(['ff', 'c3', '0161', '61'.repeat(36), 'ed a0 80'.replaceAll(' ', '')])(
    'succeeds for an unknown id of whatever bytes: %s',
    hex => {
      const id = fromHex(hex)
      const head = Uint8Array.of(6, 1, 1, 0, 1, 4, 1, id.length)
      const request = decodePairingsRequest(Uint8Array.of(...head, ...id))
      expect(apply(request)).toEqual({ answer: '060102', pairings: home, isChanged: false })
    },
  )

  it('removes an id of odd bytes, and not its neighbour', () => {
    const odd = [pairing('\udcff', 0), pairing('\udcfe', 0), pairing('\ufffd', 0)]
    const body = encodePairingsRequest({ method: 'remove', identifier: '\udcfe' })
    expect(toHex(body)).toBe('0601010001040101fe')
    const { pairings } = apply(decodePairingsRequest(body), owner, [...home, ...odd])
    expect(pairings).toEqual([...home, odd[0], odd[2]])
  })

  it('removes all with the last administrator', () => {
    expect(apply({ method: 'remove', identifier: 'owner' })).toEqual({
      answer: '060102',
      pairings: [],
      isChanged: true,
    })
  })

  it('removes all when the last administrator becomes a user', () => {
    const demoted = pairing('owner', 0)
    expect(apply({ method: 'add', pairing: demoted }).pairings).toEqual([])
  })

  it('keeps the others while there is another administrator', () => {
    const second = pairing('second')
    const { pairings } = apply({ method: 'remove', identifier: 'owner' }, owner, [...home, second])
    expect(pairings).toEqual([guest, second])
  })
})

describe('listing pairings', () => {
  it('puts an empty FF between two records, none before and none after', () => {
    const { answer } = apply({ method: 'list' })
    const record = (id: string, permission: string) =>
      `0105${Buffer.from(id).toString('hex')}0320${'01'.repeat(32)}0b01${permission}`
    expect(answer).toBe(`060102${record('owner', '01')}ff00${record('guest', '00')}`)
  })

  it('lists sixteen of 36 bytes each, with fifteen separators', () => {
    const full = Array.from({ length: 16 }, (_, i) => pairing(`${i}`.padStart(36, '0'), i & 1, i))
    const { answer } = applyPairingsRequest(full, { method: 'list' }, full[1])
    expect(answer.length).toBe(3 + 16 * (38 + 34 + 3) + 15 * 2)
    const records = full.map(({ identifier, publicKey, permissions }) => {
      const id = Buffer.from(identifier).toString('hex')
      return `0124${id}0320${toHex(publicKey)}0b010${permissions}`
    })
    expect(toHex(answer)).toBe(`060102${records.join('ff00')}`)
    expect(decodePairingsResponse(answer)).toEqual(full)
  })
})
