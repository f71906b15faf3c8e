import { AccessoryCache } from '../src/discovery/accessory-cache.ts'

const SERVICE = '_hap._tcp.local'
const TXT = ['c#=1', 'ff=0', 'id=AA:BB:CC:DD:EE:FF', 'md=X', 's#=1', 'sf=1', 'ci=17'].map(text =>
  Buffer.from(text),
)

const nonsense = [undefined, null, 1, '', '::', 'x', {}, { target: 1 }, [1], [], Buffer.of(0xff)]

/** Each four bytes are a record: of those that matter, or one that says nonsense. */
export function fuzz(data) {
  const cache = new AccessoryCache()
  let now = 0
  for (let at = 0; at + 3 < data.length; at += 4) {
    const [what, who, ttl, how] = data.subarray(at, at + 4)
    now += how * 10
    const message = { answers: [record(what, who, ttl)], additionals: [] }
    check(cache.receive(message, `eth${how & 1}`, now))
    if ((how & 2) !== 0) check(cache.tick(now))
    if (cache.questions().length > 4 * data.length) throw new Error('it asks without end')
  }
  // All that was there is lost when nobody repeats it.
  cache.tick(Number.MAX_SAFE_INTEGER)
  if (cache.questions().length > 0) throw new Error('something is left')
}

function record(what, who, ttl) {
  const name = `camera ${who % 8}.${SERVICE}`
  const target = `host${who % 4}.local`
  if (what >= 240) {
    const type = ['PTR', 'SRV', 'TXT', 'A'][what & 3]
    return { name: [SERVICE, name, target][who % 3], type, data: nonsense[ttl % nonsense.length] }
  }
  switch (what % 5) {
    case 0:
      return { name: SERVICE, type: 'PTR', ttl, data: name }
    case 1:
      return { name, type: 'SRV', ttl, data: { target, port: what * 256 } }
    case 2:
      return {
        name,
        type: 'TXT',
        ttl,
        data: (what & 8) === 0 ? TXT : [Buffer.of(what, who), TXT[2]],
      }
    case 3:
      return { name: target, type: 'A', ttl, data: `10.0.0.${who}` }
    default:
      return { name: target, type: 'AAAA', ttl, flush: (what & 8) !== 0, data: `fe80::${who}` }
  }
}

function check(changes) {
  for (const { accessory } of changes)
    if (!/^([\dA-F]{2}:){5}[\dA-F]{2}$/.test(accessory.id)) throw new Error(accessory.id)
}
