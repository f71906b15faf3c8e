import {
  type CharacteristicName,
  selectedCameraRecordingConfiguration,
  selectedRtpStreamConfiguration,
  streamingStatus,
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'
import { isTlvError } from '@hksv/tlv8'

import { decodeTlv8, printTlv8 } from './tlv8.ts'

const schemas: {
  readonly [name in CharacteristicName]?: { decodeLenient(bytes: Uint8Array): object }
} = {
  selectedCameraRecordingConfiguration,
  selectedRtpStreamConfiguration,
  streamingStatus,
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
}

/** What a TLV8 value says: by the names of its fields where they are known, by types elsewhere. */
export function printTlvValue(
  name: CharacteristicName | undefined,
  base64: string,
  indent: string,
): string[] {
  const bytes = Buffer.from(base64, 'base64')
  const schema = name === undefined ? undefined : schemas[name]
  try {
    if (schema === undefined) return printTlv8(decodeTlv8(bytes), indent)
    return printFields(schema.decodeLenient(bytes), indent)
  } catch (error) {
    if (!isTlvError(error)) throw error
    return [`${indent}${base64}  (${error.message})`]
  }
}

/** One line a field; lists of numbers and small records stay on one line. */
function printFields(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([key, entry]) => {
    if (Array.isArray(entry) && entry.some(isDeep)) {
      return entry.flatMap(element => [`${indent}${key}:`, ...printFields(element, `${indent}  `)])
    }
    if (Array.isArray(entry)) return [`${indent}${key}: ${entry.map(inline).join(', ')}`]
    if (typeof entry !== 'object' || entry === null) return [`${indent}${key}: ${inline(entry)}`]
    return [`${indent}${key}:`, ...printFields(entry, `${indent}  `)]
  })
}

/** Whether a list's element needs lines of its own. */
function isDeep(element: unknown): boolean {
  if (typeof element !== 'object' || element === null) return false
  return Object.values(element).some(value => typeof value === 'object')
}

function inline(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const { width, height, frameRate } = value as Record<string, unknown>
  if (width !== undefined && height !== undefined) return `${width}x${height}@${frameRate}`
  return Object.entries(value)
    .map(([key, entry]) => `${key} ${entry}`)
    .join(' ')
}
