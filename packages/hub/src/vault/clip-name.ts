import type { StoredAccessory } from '../store/controller-store.ts'

const MAX_LABEL = 40
const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z_[^./\\\s]{0,40}_[0-9A-F]{12}$/u

/**
 * The name of a clip, without its ending: `20261123T164012345Z_front-door_112233AABBCC`. Names sort
 * by time, in UTC, and no file system minds any of them.
 *
 * @param date Now, unless given.
 */
export function clipName(
  { name = '', deviceId }: Pick<StoredAccessory, 'name' | 'deviceId'>,
  date: Date = new Date(),
): string {
  const time = date.toISOString().replace(/[-:.]/g, '')
  const label = [
    ...name
      .normalize('NFC')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-'),
  ]
    .slice(0, MAX_LABEL / 2)
    .join('')
    .replace(/^-+|-+$/g, '')
  return `${time}_${label === '' ? 'camera' : label}_${deviceId.replaceAll(':', '')}`
}

/** When a clip of this name began; `undefined` when it is no name of a clip. */
export function clipDate(name: string): Date | undefined {
  const [, year, month, day, hour, minute, second, ms] = NAME.exec(name) ?? []
  if (year === undefined) return undefined
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`)
  return Number.isNaN(date.getTime()) ? undefined : date
}
