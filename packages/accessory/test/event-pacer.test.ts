import type { FormatValue } from '@hksv/hap'
import { expect, test } from 'vitest'

import { AttributeDatabase } from '../src/database/attribute-database.ts'
import type { Characteristic } from '../src/database/characteristic.ts'
import { InstanceIds } from '../src/database/instance-ids.ts'
import { EventPacer } from '../src/http/event-pacer.ts'

const database = new AttributeDatabase(new InstanceIds(undefined))
const { characteristics: motion } = database.add('motion', {
  service: 'motionSensor',
  characteristics: { motionDetected: {}, statusActive: { value: true } },
})
const { characteristics: bell } = database.add('bell', {
  service: 'doorbell',
  characteristics: { programmableSwitchEvent: {} },
})
const { characteristics: mode } = database.add('microphone', {
  service: 'microphone',
  characteristics: { mute: {} },
})
const { statusActive, motionDetected } = motion
const { mute } = mode
const { programmableSwitchEvent: button } = bell

/** Stores a value and notes it, as the session does with what it is told. */
function change<F extends 'bool' | 'uint8'>(
  pacer: EventPacer,
  characteristic: Characteristic<F>,
  value: FormatValue<F>,
): void {
  characteristic.occur(value)
  pacer.add(characteristic)
}

test('nothing to say', () => {
  const pacer = new EventPacer()
  expect(pacer.deadline()).toBeUndefined()
  expect(pacer.take(0)).toBeUndefined()
})

test('the first at once, then one message a second with the latest values', () => {
  const pacer = new EventPacer()
  change(pacer, mute, true)
  expect(pacer.take(5000)).toEqual([{ instanceId: mute.instanceId, value: true }])
  change(pacer, mute, false)
  change(pacer, statusActive, false)
  change(pacer, mute, true)
  expect(pacer.deadline()).toBe(6000)
  expect(pacer.take(5999)).toBeUndefined()
  expect(pacer.take(6000)).toEqual([
    { instanceId: mute.instanceId, value: true },
    { instanceId: statusActive.instanceId, value: false },
  ])
  expect(pacer.deadline()).toBeUndefined()
  change(pacer, mute, false)
  expect(pacer.deadline()).toBe(7000)
  expect(pacer.take(9000)).toEqual([{ instanceId: mute.instanceId, value: false }])
})

test('motion and buttons do not wait, nor make others wait longer', () => {
  const pacer = new EventPacer()
  change(pacer, mute, true)
  pacer.take(5000)
  change(pacer, mute, false)
  change(pacer, motionDetected, true)
  expect(pacer.deadline()).toBe(0)
  expect(pacer.take(5100)).toEqual([{ instanceId: motionDetected.instanceId, value: true }])
  expect(pacer.deadline()).toBe(6000)
  expect(pacer.take(6000)).toEqual([{ instanceId: mute.instanceId, value: false }])
})

test('what is at once does not delay what comes after it', () => {
  const pacer = new EventPacer()
  change(pacer, motionDetected, true)
  pacer.take(5000)
  change(pacer, mute, true)
  expect(pacer.take(5001)).toEqual([{ instanceId: mute.instanceId, value: true }])
})

test('two presses are two messages, motion on and off too', () => {
  const pacer = new EventPacer()
  change(pacer, button, 0)
  change(pacer, motionDetected, true)
  change(pacer, button, 0)
  change(pacer, motionDetected, false)
  const press = { instanceId: button.instanceId, value: 0 }
  const { instanceId } = motionDetected
  expect(pacer.take(0)).toEqual([press, { instanceId, value: true }])
  expect(pacer.take(0)).toEqual([press, { instanceId, value: false }])
  expect(pacer.take(0)).toBeUndefined()
})

test('nothing of what is no longer subscribed to', () => {
  const pacer = new EventPacer()
  change(pacer, mute, true)
  change(pacer, button, 0)
  pacer.remove(mute.instanceId)
  pacer.remove(button.instanceId)
  expect(pacer.take(0)).toBeUndefined()
})
