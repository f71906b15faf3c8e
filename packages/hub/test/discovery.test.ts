import { nodeProvider as crypto } from '@hksv/crypto/node'
import { setupHash } from '@hksv/hap'
import { AccessoryCache, type DnsRecord, discover, findAccessory, hasSetupId } from '@hksv/hub'
import { describe, expect, test } from 'vitest'

const ID = 'AA:BB:CC:DD:EE:FF'
const TYPE = '_hap._tcp.local'
const INSTANCE = `Porch.${TYPE}`
const HOST = 'porch.local'

const texts = (...values: string[]) => values.map(value => Buffer.from(value))
const standard = ['c#=3', 'ff=0', `id=${ID}`, 'md=Cam', 'pv=1.1', 's#=1', 'sf=1', 'ci=17']
const pointer = (ttl = 4500): DnsRecord => ({ name: TYPE, type: 'PTR', ttl, data: INSTANCE })
const service = (port: unknown = 51_826): DnsRecord => ({
  name: INSTANCE,
  type: 'SRV',
  ttl: 120,
  flush: true,
  data: { target: HOST, port },
})
const text = (...values: string[]): DnsRecord => ({
  name: INSTANCE,
  type: 'TXT',
  ttl: 4500,
  flush: true,
  data: texts(...values),
})
const address = (data: string, ttl = 120): DnsRecord => ({
  name: HOST,
  type: data.includes(':') ? 'AAAA' : 'A',
  ttl,
  flush: true,
  data,
})

/** What the cache says to one message. */
function hear(cache: AccessoryCache, answers: DnsRecord[], scope = 'eth0', now = 0) {
  return cache.receive({ answers, additionals: [] }, scope, now)
}

function heard(...addresses: string[]) {
  const cache = new AccessoryCache()
  const records = [pointer(), service(), text(...standard), ...addresses.map(a => address(a))]
  return { cache, changes: hear(cache, records) }
}

describe('an accessory', () => {
  test('is found once, with what it says', () => {
    const { cache, changes } = heard('fe80::1', '2001:db8::1', '192.168.1.20')
    expect(changes).toEqual([
      {
        change: 'found',
        accessory: {
          id: ID,
          name: 'Porch',
          addresses: ['192.168.1.20', '2001:db8::1', 'fe80::1%eth0'],
          port: 51_826,
          category: 17,
          model: 'Cam',
          configurationNumber: 3,
          isPaired: false,
          featureFlags: 0,
          setupHash: undefined,
        },
      },
    ])
    expect(hear(cache, [pointer(), service(), text(...standard)])).toEqual([])
    // On another interface it has another address, and is the same one.
    expect(hear(cache, [pointer(), service(), address('10.0.0.2')], 'eth1')).toMatchObject([
      { change: 'updated', accessory: { id: ID } },
    ])
  })

  test('comes in pieces, and what is missing is asked for', () => {
    const cache = new AccessoryCache()
    expect(hear(cache, [pointer()])).toEqual([])
    expect(cache.questions().map(({ type }) => type)).toEqual(['SRV', 'TXT'])
    expect(hear(cache, [service()])).toEqual([])
    expect(cache.questions()).toEqual([
      { name: INSTANCE, type: 'TXT' },
      { name: HOST, type: 'A' },
      { name: HOST, type: 'AAAA' },
    ])
    hear(cache, [text(...standard)])
    expect(hear(cache, [address('192.168.1.20')])).toMatchObject([{ change: 'found' }])
    expect(cache.questions()).toEqual([])
  })

  test('is updated by its TXT record alone', () => {
    const { cache } = heard('192.168.1.20')
    const paired = standard.map(value => (value === 'sf=1' ? 'sf=0' : value))
    expect(hear(cache, [text(...paired)])).toMatchObject([
      { change: 'updated', accessory: { isPaired: true } },
    ])
  })

  test('moves to another address and port', () => {
    const { cache } = heard('192.168.1.20')
    expect(hear(cache, [service(4711), address('192.168.1.21')])).toMatchObject([
      { change: 'updated', accessory: { port: 4711, addresses: ['192.168.1.21'] } },
    ])
  })

  test('is lost with a goodbye on the last interface, or when nobody repeats it', () => {
    const { cache } = heard('192.168.1.20')
    hear(cache, [pointer(), service()], 'eth1')
    expect(hear(cache, [pointer(0)])).toEqual([])
    expect(hear(cache, [pointer(0)], 'eth1')).toMatchObject([{ change: 'lost' }])
    const { cache: other } = heard('192.168.1.20')
    expect(other.tick(119_999)).toEqual([])
    expect(other.tick(4_500_000)).toMatchObject([{ change: 'lost', accessory: { id: ID } }])
  })
})

describe('a TXT record', () => {
  const read = (values: string[], port = 1) => {
    const records = [pointer(), service(port), text(...values), address('192.168.1.20')]
    return hear(new AccessoryCache(), records)[0]?.accessory
  }

  test('has keys in any case, ids in any case, and the first of two counts', () => {
    expect(read(['ID=aa:bb:cc:dd:ee:ff', 'Sf=1', 'sf=0', 'SH=x=', 'FF=3'])).toMatchObject({
      id: ID,
      isPaired: false,
      featureFlags: 3,
      setupHash: 'x=',
    })
  })

  test('without sf, ci, c# and md is read all the same', () => {
    expect(read([`id=${ID}`, 'sf', ''])).toMatchObject({
      isPaired: true,
      category: 1,
      configurationNumber: 1,
      model: '',
    })
  })

  test.each([
    ['no id', ['sf=1'], 1],
    ['an id that is none', ['id=../../etc/passwd'], 1],
    ['an id cut short', ['id=AA:BB:CC:DD:EE'], 1],
    ['port 0', [`id=${ID}`], 0],
    ['a port above 65535', [`id=${ID}`], 65_536],
    ['too much of it', [`id=${ID}`, ...Array<string>(9).fill('x'.repeat(200))], 1],
  ])('is refused with %s', (_name, values, port) => {
    expect(read(values, port)).toBeUndefined()
  })

  test('sends no control characters to a terminal', () => {
    const name = `a\u001b[2Jb\u202e.${TYPE}`
    const records = [
      { ...pointer(), data: name },
      { ...service(), name },
      { ...text(`id=${ID}`, 'md=\u0007x'), name },
      address('192.168.1.20'),
    ]
    expect(hear(new AccessoryCache(), records)).toMatchObject([
      { accessory: { name: 'a[2Jb', model: 'x' } },
    ])
  })
})

describe('hostile records', () => {
  test('are ignored', () => {
    const cache = new AccessoryCache()
    const odd: DnsRecord[] = [
      { name: TYPE, type: 'PTR', ttl: 1, data: 'not-ours.local' },
      { name: TYPE, type: 'PTR', ttl: 1, data: Buffer.alloc(1) },
      pointer(),
      { name: INSTANCE, type: 'SRV', ttl: 1, data: null },
      { name: INSTANCE, type: 'TXT', ttl: 1, data: 'text' },
      service('80'),
      text(...standard),
      ...['224.0.0.1', '0.0.0.0', '::', 'ff02::fb', 'nonsense'].map(data => address(data)),
      { name: '', type: 'OPT' },
    ]
    expect(hear(cache, odd)).toEqual([])
    hear(cache, [service()])
    expect(hear(cache, [address('224.0.0.1')])).toEqual([])
    expect(hear(cache, [address('192.168.1.20')])).toMatchObject([{ change: 'found' }])
  })

  test('fill no memory', () => {
    const cache = new AccessoryCache()
    const many = Array.from({ length: 5000 }, (_, i) => ({ ...pointer(), data: `${i}.${TYPE}` }))
    hear(cache, many)
    expect(cache.questions().length).toBeLessThanOrEqual(2000)
    const { changes } = heard(...Array.from({ length: 100 }, (_, i) => `10.0.0.${i + 1}`))
    expect(changes[0]?.accessory.addresses).toHaveLength(32)
  })
})

test('a setup id is known by its hash', () => {
  const { changes } = heard('192.168.1.20')
  const accessory = changes[0]?.accessory
  if (accessory === undefined) throw new Error('not found')
  expect(hasSetupId(accessory, '7OSX', crypto)).toBe(false)
  const hashed = { ...accessory, setupHash: setupHash(crypto, '7OSX', ID) }
  expect(hasSetupId(hashed, '7OSX', crypto)).toBe(true)
  expect(hasSetupId(hashed, '7OSY', crypto)).toBe(false)
})

test('an aborted search ends at once, and finds nothing', async () => {
  const signal = AbortSignal.abort(new Error('enough'))
  for await (const change of discover({ signal })) throw new Error(change.change)
  await expect(findAccessory(ID, { signal })).rejects.toThrow('enough')
})
