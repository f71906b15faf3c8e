import { longUuid } from '@hksv/hap'

import type { CharacteristicPlan, ServiceSpec } from './service.ts'

const NUMERIC = new Set(['uint8', 'uint16', 'uint32', 'uint64', 'int', 'float'])
const UUID = /^[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}$/

/**
 * Refuses a service that Apple's accessory kit would refuse.
 *
 * @throws TypeError
 * @see HomeKit Accessory Protocol R2 §6.3.2
 */
export function checkService(place: string, type: string, spec: ServiceSpec): void {
  if (!/^[^/]+$/.test(place)) throw new TypeError(`"${place}" is no name of a service`)
  checkType(place, type)
  const linked = spec.linked ?? []
  if (linked.includes(place) || new Set(linked).size < linked.length) {
    throw new TypeError(`${place} links itself, or another twice`)
  }
}

/**
 * Refuses a characteristic that Apple's accessory kit would refuse.
 *
 * @throws TypeError
 * @see HomeKit Accessory Protocol R2 §6.3.3
 */
export function checkCharacteristic(place: string, plan: CharacteristicPlan): void {
  const { definition, isAdminRead, isAdminWrite } = plan
  const { type, format, perms, minValue, maxValue, validValues } = definition
  const has = (permission: (typeof perms)[number]) => perms.includes(permission)
  const refuse = (why: string) => {
    throw new TypeError(`${place}: ${why}`)
  }
  checkType(place, type)
  if (new Set(perms).size < perms.length || perms.length === 0) refuse('perms are given once each')
  if ((has('tw') || has('wr')) && !has('pw')) refuse('tw and wr need pw')
  if (has('ev') && !has('pr')) refuse('ev needs pr')
  if (isAdminRead && has('pw') && !isAdminWrite)
    refuse('what only administrators read, others write')
  const hasLimits = [minValue, maxValue, definition.minStep, validValues].some(
    limit => limit !== undefined,
  )
  if (hasLimits && !NUMERIC.has(format)) refuse(`${format} has no range`)
  if (minValue !== undefined && maxValue !== undefined && minValue > maxValue) {
    refuse('minValue is above maxValue')
  }
  const isAscending = validValues?.every((value, i) => i === 0 || value > (validValues[i - 1] ?? 0))
  if (isAscending === false) refuse('valid values ascend')
  if (definition.maxLength !== undefined && format !== 'string')
    refuse(`${format} has no maxLength`)
}

function checkType(place: string, type: string): void {
  if (!UUID.test(longUuid(type))) throw new TypeError(`${place}: "${type}" is no UUID`)
}
