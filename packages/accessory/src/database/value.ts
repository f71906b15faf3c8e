import type { CharacteristicDefinition } from '@hksv/hap'

/** A value as it stands in JSON: TLV8 and data as base64. */
export type CharacteristicValue = boolean | number | string | null

const INTEGER_RANGE = {
  uint8: [0, 0xff],
  uint16: [0, 0xffff],
  uint32: [0, 0xffff_ffff],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int: [-0x8000_0000, 0x7fff_ffff],
} as const

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * Brings what a controller wrote into the characteristic's format. Hubs write `true` to uint8 and 1
 * to bool characteristics.
 *
 * @returns `undefined` when the value is not one of the characteristic's.
 */
export function parseValue(
  definition: CharacteristicDefinition,
  json: unknown,
): CharacteristicValue | undefined {
  switch (definition.format) {
    case 'bool':
      if (typeof json === 'boolean') return json
      return json === 0 || json === 1 ? json === 1 : undefined
    case 'string': {
      if (typeof json !== 'string' || !isUnicode(json)) return undefined
      return Buffer.byteLength(json) <= (definition.maxLength ?? 64) ? json : undefined
    }
    case 'tlv8':
    case 'data':
      return typeof json === 'string' && BASE64.test(json) ? json : undefined
    case 'float':
      return parseNumber(definition, json)
    default:
      return parseInteger(definition, definition.format, json)
  }
}

/** A number brought to the step it is closest to; anything else as it is. */
export function nearestStep(
  { minStep, minValue = 0 }: CharacteristicDefinition,
  value: CharacteristicValue,
): CharacteristicValue {
  if (typeof value !== 'number' || minStep === undefined || minStep <= 0) return value
  const nearest = minValue + Math.round((value - minValue) / minStep) * minStep
  // 0.1 + 0.2 has a tail that some controllers cannot read.
  const [, decimals = ''] = `${minStep}`.split('.')
  return Number(nearest.toFixed(decimals.length))
}

function parseInteger(
  definition: CharacteristicDefinition,
  format: keyof typeof INTEGER_RANGE,
  json: unknown,
): number | undefined {
  const number = parseNumber(definition, typeof json === 'boolean' ? Number(json) : json)
  const [min, max] = INTEGER_RANGE[format]
  const isInteger = Number.isInteger(number) && number !== undefined
  return isInteger && number >= min && number <= max ? number : undefined
}

function parseNumber(definition: CharacteristicDefinition, json: unknown): number | undefined {
  if (typeof json !== 'number' || !Number.isFinite(json)) return undefined
  const { minValue = json, maxValue = json, minStep, validValues } = definition
  if (json < minValue || json > maxValue) return undefined
  if (validValues !== undefined && !validValues.includes(json)) return undefined
  if (minStep !== undefined && minStep > 0) {
    const steps = (json - (definition.minValue ?? 0)) / minStep
    if (Math.abs(steps - Math.round(steps)) > 1e-6) return undefined
  }
  return json
}

/** Half of a surrogate pair has no UTF-8. */
function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
