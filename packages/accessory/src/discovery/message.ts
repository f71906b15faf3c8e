/** A resource record as multicast-dns reads and writes it. @see RFC 1035 §4.1.3, RFC 6762 §18 */
export type DnsRecord = {
  readonly name: string
  /** Seconds; 0 takes the record back. */
  readonly ttl: number
  /** The cache-flush bit: what was known of this name and type before is void. */
  readonly flush?: boolean
  readonly class?: string
} & DnsData

/** The data of the types that are used here. */
export type DnsData =
  | { readonly type: 'PTR' | 'A' | 'AAAA'; readonly data: string }
  | { readonly type: 'TXT'; readonly data: readonly Buffer[] }
  | { readonly type: 'SRV'; readonly data: ServiceLocation }
  | {
      readonly type: 'NSEC'
      readonly data: { readonly nextDomain: string; readonly rrtypes: readonly string[] }
    }

/** Where a service is. @see RFC 2782 */
export interface ServiceLocation {
  readonly target: string
  readonly port: number
  readonly priority?: number
  readonly weight?: number
}

/** A question. Its class is `UNKNOWN_32769` when a unicast answer is wanted. */
export interface DnsQuestion {
  readonly name: string
  readonly type: string
  readonly class?: string
}

/** A message; what is left out when sending is empty. */
export interface DnsMessage {
  readonly id?: number
  readonly flags?: number
  readonly questions?: readonly DnsQuestion[]
  readonly answers?: readonly DnsRecord[]
  readonly authorities?: readonly DnsRecord[]
  readonly additionals?: readonly DnsRecord[]
}

/** Who sent a message. */
export interface Sender {
  /** Of IPv6 with its scope: `fe80::1%eth0`. */
  readonly address: string
  readonly port: number
}

/** Names are compared without the case of their ASCII letters. @see RFC 6762 §16 */
export function isSameName(a: string, b: string): boolean {
  return asciiLower(a) === asciiLower(b)
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, letter => letter.toLowerCase())
}
