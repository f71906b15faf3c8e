/** A resource record as multicast-dns decodes it; of types that are not read, `data` is anything. */
export interface DnsRecord {
  readonly name: string
  readonly type: string
  /** Seconds; 0 takes the record back. */
  readonly ttl?: number
  /** The cache-flush bit: what was known of this name and type before is void. */
  readonly flush?: boolean
  readonly data?: unknown
}

/** The part of a message that a controller reads. */
export interface DnsMessage {
  readonly answers: readonly DnsRecord[]
  readonly additionals: readonly DnsRecord[]
}

/** A question. */
export interface DnsQuestion {
  readonly name: string
  readonly type: 'PTR' | 'SRV' | 'TXT' | 'A' | 'AAAA'
}

export const SERVICE_TYPE = '_hap._tcp.local'

/** What names are compared by. @see RFC 6762 §16 */
export function nameKey(name: string): string {
  return name.replace(/[A-Z]/g, letter => letter.toLowerCase())
}
