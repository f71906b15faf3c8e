import { armed, switchOn } from '../evidence/armed.ts'
import { cameraCharacteristic, characteristicIn, database } from '../evidence/database.ts'
import { entryFor, get, put } from '../evidence/requests.ts'
import type { Experiment } from '../lab.ts'
import { type ConformRule, type Fault, unless } from '../rule.ts'
import { type Answer, describeAnswer, entriesOf } from '../wire/answers.ts'

const RING_MS = 5000

/** A press of the bell, and what a hub that listens heard. */
const ring: Experiment<{
  press: Answer | undefined
  motion: Answer | undefined
  pressedAt: number
}> = {
  name: 'press the bell',
  rule: 'press-is-an-event',
  async run(lab) {
    await lab.get(armed)
    const bell = await characteristicIn(lab, 'doorbell', 'programmableSwitchEvent')
    const motion = await cameraCharacteristic(lab, 'motion', 'motionDetected')
    const session = await lab.connect()
    await switchOn(lab, session)
    await put(session, [{ characteristic: bell, ev: true }])
    await put(session, [{ characteristic: motion, ev: true }])
    const moved = (await get(session, [motion])).body
    const isMoving =
      Buffer.from(moved).toString().includes('"value":1') ||
      Buffer.from(moved).toString().includes('"value":true')
    const pressedAt = performance.now()
    const { press } = lab.options
    if (press !== undefined) await lab.act('bell', press)
    await session.events.poll(RING_MS, event =>
      entriesOf(event).some(({ iid }) => iid === bell.iid),
    )
    await session.events.poll(isMoving ? 0 : 1500, event =>
      entriesOf(event).some(({ iid }) => iid === motion.iid),
    )
    const heard = (iid: number) =>
      session.events.seen.find(event => entriesOf(event).some(each => each.iid === iid))
    const after = entryFor(await get(session, [motion]), motion)?.value
    const evidence = { press: heard(bell.iid), motion: heard(motion.iid), pressedAt }
    session.close()
    const isStill = after === true || after === 1
    return evidence.motion === undefined && isMoving && isStill
      ? { ...evidence, motion: evidence.press }
      : evidence
  },
}

function bellRule(
  words: Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>,
  judge: ConformRule['judge'],
  needs: ConformRule['needs'] = ['doorbell'],
): ConformRule {
  return { group: 'doorbell', needs, ...words, judge }
}

function value(event: Answer | undefined): unknown {
  return event && entriesOf(event)[0]?.value
}

/** What a doorbell does besides. */
export const doorbellRules: readonly ConformRule[] = [
  bellRule(
    {
      name: 'doorbell-has-event',
      severity: 'must',
      checks: 'the doorbell service has ProgrammableSwitchEvent with pr and ev',
      matters: 'nobody hears the bell',
      source: 'HAP-R2 §8.13',
    },
    async lab => {
      const { perms } = await characteristicIn(lab, 'doorbell', 'programmableSwitchEvent')
      return unless(perms.includes('pr') && perms.includes('ev'), `it has ${perms.join(', ')}`)
    },
  ),
  bellRule(
    {
      name: 'doorbell-reads-null',
      severity: 'should',
      checks: 'ProgrammableSwitchEvent is read as null',
      matters: 'opening Home rings the bell',
      source: 'HAP-R2 §9.75',
    },
    async lab => {
      const characteristic = await characteristicIn(lab, 'doorbell', 'programmableSwitchEvent')
      const answer = await get(await lab.session(), [characteristic])
      const entry = entryFor(answer, characteristic)
      return unless(entry?.value === null, describeAnswer(answer), {
        bytes: answer.body,
        at: answer.at,
      })
    },
  ),
  bellRule(
    {
      name: 'doorbell-is-primary',
      severity: 'should',
      checks: 'the doorbell is the primary service',
      matters: 'Home shows the camera as something else',
      source: 'HAP-R2 §8.13; observed: HAP-NodeJS 1.2.0',
    },
    async lab => {
      const { read } = await lab.get(database)
      return unless(read.all('doorbell')[0]?.isPrimary === true, 'it is not')
    },
  ),
  bellRule(
    {
      name: 'press-is-an-event',
      severity: 'must',
      checks: 'a press is an event with the value 0, within 5 s',
      matters: 'nobody hears the bell',
      source: 'HAP-R2 §9.75',
    },
    async lab => {
      const { press } = await lab.get(ring)
      if (press === undefined) return { text: 'no event came in 5 s' } satisfies Fault
      return unless(value(press) === 0, `the value is ${JSON.stringify(value(press))}`, {
        bytes: press.body,
        at: press.at,
      })
    },
    ['doorbell', 'press'],
  ),
  bellRule(
    {
      name: 'press-is-motion-too',
      severity: 'should',
      checks: 'a press raises MotionDetected as well when recordings are wanted',
      matters: 'who rang is not recorded: hubs select motion alone as a trigger',
      source: 'observed: home hubs never select the doorbell',
    },
    async lab =>
      unless((await lab.get(ring)).motion !== undefined, 'MotionDetected stayed as it was'),
    ['doorbell', 'press'],
  ),
]
