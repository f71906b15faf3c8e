import type { OpackValue } from '@hksv/hds/opack'

const SHOWN_BYTES = 32

/** A value as JSON has it: data as `{ data: hex }`, wide integers as text. */
export function opackToJson(value: OpackValue): unknown {
  if (value instanceof Uint8Array) return { data: Buffer.from(value).toString('hex') }
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, entry]) => [key, opackToJson(entry)]))
  }
  if (Array.isArray(value)) return value.map(opackToJson)
  return typeof value === 'bigint' ? value.toString() : value
}

/** One line a scalar, indented as it is nested. */
export function printOpack(value: OpackValue, indent = ''): string[] {
  if (value instanceof Map) {
    return [...value].flatMap(([key, entry]) => printEntry(`${indent}${key}:`, entry, indent))
  }
  if (Array.isArray(value)) {
    return value.flatMap(entry => printEntry(`${indent}-`, entry, indent))
  }
  return [`${indent}${scalar(value)}`]
}

function printEntry(head: string, value: OpackValue, indent: string): string[] {
  const isContainer = value instanceof Map || Array.isArray(value)
  return isContainer ? [head, ...printOpack(value, `${indent}  `)] : [`${head} ${scalar(value)}`]
}

function scalar(value: Exclude<OpackValue, OpackValue[] | Map<string, OpackValue>>): string {
  if (value instanceof Uint8Array) {
    const hex = Buffer.from(value.subarray(0, SHOWN_BYTES)).toString('hex')
    return `<${value.length} bytes> ${hex}${value.length > SHOWN_BYTES ? '...' : ''}`
  }
  if (typeof value === 'bigint') return value.toString()
  return JSON.stringify(value)
}
