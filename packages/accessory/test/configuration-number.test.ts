import { expect, test } from 'vitest'

import { nextDatabaseState } from '../src/configuration-number.ts'
import { AttributeDatabase } from '../src/database/attribute-database.ts'
import { InstanceIds } from '../src/database/instance-ids.ts'
import type { StoredDatabase } from '../src/storage/schemas.ts'

/** One start of an accessory with these services. */
function start(
  stored: StoredDatabase | undefined,
  options: { withBell?: boolean; firmware?: string; offer?: string; isMuted?: boolean } = {},
): StoredDatabase {
  const { withBell = false, firmware = '1.0.0', offer = 'AQEA', isMuted = false } = options
  const ids = new InstanceIds(stored)
  const database = new AttributeDatabase(ids)
  if (withBell) {
    database.add('bell', { service: 'doorbell', characteristics: { programmableSwitchEvent: {} } })
  }
  database.add('microphone', {
    service: 'microphone',
    characteristics: { mute: { value: isMuted } },
  })
  database.add('recording', {
    service: 'cameraEventRecordingManagement',
    characteristics: {
      active: {},
      supportedCameraRecordingConfiguration: { value: offer },
      supportedVideoRecordingConfiguration: {},
      supportedAudioRecordingConfiguration: {},
      selectedCameraRecordingConfiguration: {},
      recordingAudioActive: {},
    },
  })
  return nextDatabaseState(stored, ids, database, firmware)
}

test('begins with 1 and stays while nothing changes', () => {
  const first = start(undefined)
  expect(first.configurationNumber).toBe(1)
  expect(start({ ...first, port: 1234 })).toEqual({ ...first, port: 1234 })
})

test.each([
  ['a service', { withBell: true }],
  ['the firmware', { firmware: '1.0.1' }],
  ['what it offers', { offer: 'AQEB' }],
])('rises with %s, once, and again on the way back', (_, change) => {
  const first = start(undefined)
  const second = start(first, change)
  expect(second.configurationNumber).toBe(2)
  expect(start(second, change).configurationNumber).toBe(2)
  expect(start(second).configurationNumber).toBe(3)
})

test('does not rise with a value that controllers set', () => {
  expect(start(start(undefined), { isMuted: true }).configurationNumber).toBe(1)
})

test('goes from 65535 to 1, for it is never 0', () => {
  const last = { ...start(undefined), configurationNumber: 65_535 }
  expect(start(last, { firmware: '2.0.0' }).configurationNumber).toBe(1)
})

test('ids stay with their owner, and one that is gone is not given again', () => {
  const plain = start(undefined)
  const withBell = start(plain, { withBell: true })
  expect(withBell.instanceIds).toMatchObject(plain.instanceIds)
  const again = start(withBell)
  expect(again.nextInstanceId).toBe(withBell.nextInstanceId)
  expect(start(again, { withBell: true }).instanceIds).toEqual(withBell.instanceIds)
  const given = Object.values(withBell.instanceIds)
  expect(new Set(given).size).toBe(given.length)
})
