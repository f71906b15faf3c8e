import type { WireMessage, WireRecord } from './camera.ts'

export const SERVICE_TYPE = '_hap._tcp.local'

/** The full name of an instance. */
export const instance = (name: string): string => `${name}.${SERVICE_TYPE}`

/** The texts of a TXT record. */
export const textsOf = ({ data }: WireRecord): string[] => data as string[]

/** The records of a response. */
export const all = ({ answers, additionals }: WireMessage): WireRecord[] => [
  ...answers,
  ...additionals,
]

/** The addresses in a response. */
export const addressesOf = (message: WireMessage): string[] =>
  all(message).flatMap(({ type, data }) => (type === 'A' || type === 'AAAA' ? [String(data)] : []))

/** An announcement of this instance, not a goodbye. */
export const announces =
  (name: string, text = 'pv=1.1') =>
  (record: WireRecord): boolean =>
    record.type === 'TXT' &&
    record.name === instance(name) &&
    record.ttl > 0 &&
    record.flush &&
    textsOf(record).includes(text)
