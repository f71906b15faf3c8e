import type { Announcement } from './advertiser.ts'
import type { DnsRecord } from './message.ts'

/** Of names that stand for a service. */
const SERVICE_TTL = 4500
/** Of names that stand for a host. @see RFC 6762 §10 */
const HOST_TTL = 120

export const SERVICE_TYPE = '_hap._tcp.local'
const ALL_SERVICES = '_services._dns-sd._udp.local'

/** The names of one accessory. */
export interface Names {
  /** `Porch._hap._tcp.local` */
  readonly instance: string
  readonly host: string
}

/** @param label The instance name. */
export function namesOf(label: string, deviceId: string): Names {
  return {
    instance: `${label}.${SERVICE_TYPE}`,
    host: `hksv-${deviceId.replaceAll(':', '').toLowerCase()}.local`,
  }
}

/** Everything that is said of an accessory on one interface, with that interface's addresses. */
export function recordsOf(
  announcement: Announcement,
  { instance, host }: Names,
  addresses: readonly string[],
): DnsRecord[] {
  const { port } = announcement
  const unique = { flush: true, ttl: HOST_TTL }
  return [
    { name: SERVICE_TYPE, type: 'PTR', ttl: SERVICE_TTL, data: instance },
    { ...unique, name: instance, type: 'SRV', data: { port, target: host } },
    {
      name: instance,
      type: 'TXT',
      ttl: SERVICE_TTL,
      flush: true,
      data: Object.entries(txtRecord(announcement)).map(entry => Buffer.from(entry.join('='))),
    },
    ...addresses.map<DnsRecord>(data => ({
      ...unique,
      name: host,
      type: data.includes(':') ? 'AAAA' : 'A',
      data,
    })),
    { name: ALL_SERVICES, type: 'PTR', ttl: SERVICE_TTL, data: SERVICE_TYPE },
  ]
}

/** The same records, taken back; not that there are accessories, which others may still be. */
export function goodbye(records: readonly DnsRecord[]): DnsRecord[] {
  return records.flatMap(record => (record.name === ALL_SERVICES ? [] : { ...record, ttl: 0 }))
}

/** The TXT record. @see HomeKit Accessory Protocol R2 table 6-7 */
function txtRecord(announcement: Announcement): Record<string, string> {
  return {
    'c#': `${announcement.configurationNumber}`,
    ff: '0',
    id: announcement.deviceId,
    md: announcement.model,
    pv: '1.1',
    's#': '1',
    sf: announcement.isPaired ? '0' : '1',
    ci: `${announcement.category}`,
    sh: announcement.setupHash,
  }
}
