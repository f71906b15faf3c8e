import { Ears } from '../../discovery/ears.ts'
import { type DnsRecord, nameKey, SERVICE_TYPE } from '../../discovery/message.ts'
import type { Address } from '../../open-socket.ts'
import type { Experiment } from '../lab.ts'
import { NotJudged } from '../rule.ts'

const LISTEN_MS = 3000

/** How an accessory announces itself. */
export interface Announcement {
  /** The name of the instance, with the service behind it. */
  readonly name: string
  readonly port: number
  /** Of the TXT record; keys in lower case, of two equal ones the first. */
  readonly texts: ReadonlyMap<string, string>
}

/** How the camera announced itself when the run began, before anything was changed. */
export const firstAnnouncement: Experiment<Announcement> = {
  name: 'hear the camera announce itself',
  rule: 'txt-device-id',
  async run({ options, signal, address, accessory }) {
    const heard = await (options.hear ?? (() => listen(address, accessory?.deviceId, signal)))(
      signal,
    )
    if (heard === undefined) {
      throw new NotJudged('the camera does not announce itself on a network of this machine')
    }
    return heard
  },
}

/** Listens for three seconds for who has the port of an address, or a device id. */
export async function listen(
  { port }: Address,
  deviceId: string | undefined,
  signal: AbortSignal,
): Promise<Announcement | undefined> {
  const names = new Map<string, Map<string, DnsRecord>>()
  const ears = new Ears(({ answers, additionals }) => {
    for (const record of [...answers, ...additionals]) {
      if (record.ttl === 0 || (record.type !== 'SRV' && record.type !== 'TXT')) continue
      const key = nameKey(record.name)
      if (!key.endsWith(SERVICE_TYPE)) continue
      names.set(key, (names.get(key) ?? new Map()).set(record.type, record))
    }
  })
  try {
    ears.follow()
    for (let waited = 0; waited < LISTEN_MS && !signal.aborted; waited += 500) {
      if (waited % 1000 === 0) {
        const missing = [...names.values()].flatMap(records => [...records.values()])
        const again = missing.map(({ name }) => ({ name, type: 'TXT' as const })).slice(0, 5)
        ears.ask([{ name: SERVICE_TYPE, type: 'PTR' }, ...again])
      }
      await new Promise(resolve => setTimeout(resolve, 500))
      for (const records of names.values()) {
        const found = announcementOf(records)
        if (found === undefined) continue
        const id = found.texts.get('id')?.toUpperCase()
        if (id === undefined ? found.port === port : id === (deviceId ?? id) && found.port === port)
          return found
      }
    }
    return undefined
  } finally {
    ears.close()
  }
}

function announcementOf(records: ReadonlyMap<string, DnsRecord>): Announcement | undefined {
  const srv = records.get('SRV')
  const txt = records.get('TXT')
  const { port } = (srv?.data ?? {}) as { readonly port?: unknown }
  if (srv === undefined || typeof port !== 'number' || !Array.isArray(txt?.data)) return undefined
  const texts = new Map<string, string>()
  for (const item of txt.data as unknown[]) {
    const text = item instanceof Uint8Array ? new TextDecoder().decode(item) : String(item)
    const [, key = '', value = ''] = /^([^=]+)=?(.*)$/s.exec(text) ?? []
    if (key !== '' && !texts.has(key.toLowerCase())) texts.set(key.toLowerCase(), value)
  }
  return { name: srv.name, port, texts }
}
