import { optionalCharacteristic } from '../../database.ts'
import { camera, cameraCharacteristic, characteristicIn } from '../evidence/database.ts'
import { guest } from '../evidence/guests.ts'
import { prepare, put, readValue, tryWrite, writeStatus, writeValue } from '../evidence/requests.ts'
import { initialStates } from '../evidence/states.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, NotJudged, unless } from '../rule.ts'
import { type Answer, describeAnswer, entriesOf, entryStatus } from '../wire/answers.ts'
import { characteristicWith } from './reading-rules.ts'

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

/** A rule on writes to the switches of a camera, which are put back at the end. */
function writingRule(words: Words, judge: (lab: Lab) => Promise<Fault | undefined>): ConformRule {
  return {
    group: 'characteristics',
    needs: ['camera'],
    ...words,
    async judge(lab) {
      await lab.get(initialStates)
      return await judge(lab)
    },
  }
}

function proof(answer: Answer): Pick<Fault, 'bytes' | 'at'> {
  return { bytes: answer.body, at: answer.at }
}

/** A switch that can be written without harm. */
const snapshots = (lab: Lab) => cameraCharacteristic(lab, 'mode', 'eventSnapshotsActive')

/** A characteristic that wants timed writes. @throws NotJudged */
async function timed(lab: Lab) {
  const { recording, mode } = await lab.get(camera)
  const found = [...recording.characteristics, ...mode.characteristics].find(
    ({ perms, format }) => perms.includes('tw') && (format === 'bool' || format === 'uint8'),
  )
  if (found === undefined) throw new NotJudged('the camera has no characteristic with tw')
  return found
}

/** A timed write with something wrong. */
function timedRule(
  words: Words,
  write: (lab: Lab) => Promise<{ answer: Answer; iid: number; aid: number }>,
): ConformRule {
  return writingRule(words, async lab => {
    const { answer, ...ids } = await write(lab)
    const status = writeStatus(answer, ids)
    return unless(
      status === -70410,
      `the status is ${status} (HTTP ${answer.status})`,
      proof(answer),
    )
  })
}

async function timedSwitch(lab: Lab) {
  const characteristic = await timed(lab)
  const session = await lab.session()
  const value = await readValue(session, characteristic)
  return { characteristic, session, value }
}

/** `PUT /characteristics` and `PUT /prepare`. */
export const writingRules: readonly ConformRule[] = [
  writingRule(
    {
      name: 'write-without-body-is-204',
      severity: 'must',
      checks:
        'writes that all succeed, without a write response, are answered with 204 and no body',
      matters: 'controllers take the write for failed',
      source: 'HAP-R2 §6.7.2.2',
    },
    async lab => {
      const characteristic = await snapshots(lab)
      const answer = await put(
        await lab.session(),
        [{ characteristic, value: 1 }],
        await timing(lab, characteristic.perms),
      )
      return unless(
        answer.status === 204 && answer.body.length === 0,
        describeAnswer(answer),
        proof(answer),
      )
    },
  ),
  writingRule(
    {
      name: 'write-is-read-back',
      severity: 'must',
      checks: 'what was written is read from another connection',
      matters: 'switches in Home jump back',
      source: 'HAP-R2 §6.7',
    },
    async lab => {
      const characteristic = await snapshots(lab)
      const other = await lab.connect()
      try {
        for (const value of [0, 1]) {
          await writeValue(await lab.session(), characteristic, value)
          const read = await readValue(other, characteristic)
          if (Number(read) !== value)
            return { text: `${value} was written, ${JSON.stringify(read)} is read` }
        }
        return undefined
      } finally {
        other.close()
      }
    },
  ),
  writingRule(
    {
      name: 'write-takes-true-and-false',
      severity: 'must',
      checks: 'true and false are taken for a uint8 with two states',
      matters: 'the camera cannot be switched on or off from Home',
      source: 'observed: an Apple home hub writes PeriodicSnapshotsActive so',
    },
    async lab => {
      const characteristic = await snapshots(lab)
      const session = await lab.session()
      const statuses = [
        await tryWrite(session, characteristic, false),
        await tryWrite(session, characteristic, true),
      ]
      return unless(
        statuses.every(status => status === 0),
        `the statuses are ${statuses.join(' and ')}`,
      )
    },
  ),
  writingRule(
    {
      name: 'write-of-one-failure-is-207',
      severity: 'must',
      checks:
        'when one of several writes fails the answer is 207 with a status for each, and the others are done',
      matters: 'one refused setting hides that the others were taken',
      source: 'HAP-R2 §6.7.2.2',
    },
    async lab => {
      const characteristic = await snapshots(lab)
      const name = await characteristicIn(lab, 'accessoryInformation', 'name')
      const session = await lab.session()
      const writes = [
        { characteristic, value: 1 },
        { characteristic: name, value: 'x' },
      ]
      const answer = await put(session, writes, await timing(lab, characteristic.perms))
      const entries = entriesOf(answer)
      if (answer.status !== 207)
        return { text: `${describeAnswer(answer)} instead of 207`, ...proof(answer) }
      const good = entries.find(({ iid }) => iid === characteristic.iid)
      const bad = entries.find(({ iid }) => iid === name.iid)
      if (good?.status === undefined || bad?.status === undefined)
        return { text: 'an entry has no status', ...proof(answer) }
      if (good.status !== 0)
        return { text: `the good write has status ${good.status}`, ...proof(answer) }
      return unless(bad.status !== 0, 'the write of Name succeeded', proof(answer))
    },
  ),
  writingRule(
    {
      name: 'write-of-read-only-refused',
      severity: 'must',
      checks: 'a characteristic without pw is not written: -70404',
      matters: 'what the camera reports can be forged',
      source: 'HAP-R2 table 6-11',
    },
    async lab => {
      const motion = await cameraCharacteristic(lab, 'motion', 'motionDetected')
      const answer = await put(await lab.session(), [{ characteristic: motion, value: true }])
      const status = writeStatus(answer, motion)
      return unless(
        status === -70404,
        `the status is ${status} (HTTP ${answer.status})`,
        proof(answer),
      )
    },
  ),
  writingRule(
    {
      name: 'write-of-unknown-refused',
      severity: 'must',
      checks: 'an id that does not exist is not written, and that is said in 207',
      matters: 'controllers believe that they changed something',
      source: 'HAP-R2 §6.7.2.2',
    },
    async lab => {
      const nowhere = { aid: 1, iid: 65_000 }
      const answer = await put(await lab.session(), [{ characteristic: nowhere, value: 1 }])
      const status = writeStatus(answer, nowhere)
      return unless(
        answer.status === 207 && status !== 0 && status !== undefined,
        describeAnswer(answer),
        proof(answer),
      )
    },
  ),
  ...(
    [
      ['write-beyond-range-refused', 'a number beyond the range of a characteristic', 7, 'must'],
      ['write-of-wrong-type-refused', 'a text where a number belongs', 'open', 'must'],
      ['write-of-null-refused', 'null', null, 'should'],
    ] as const
  ).map(([name, what, value, severity]) =>
    writingRule(
      {
        name,
        severity,
        checks: `${what} is refused with -70410, or the request with 400`,
        matters: 'the camera ends up in a state that nobody knows',
        source: 'HAP-R2 table 6-11',
      },
      async lab => {
        const characteristic = await snapshots(lab)
        const answer = await put(
          await lab.session(),
          [{ characteristic, value }],
          await timing(lab, characteristic.perms),
        )
        const status = writeStatus(answer, characteristic)
        const isRefused = answer.status === 400 || status === -70410
        return unless(isRefused, `the status is ${status} (HTTP ${answer.status})`, proof(answer))
      },
    ),
  ),
  timedRule(
    {
      name: 'timed-write-needs-prepare',
      severity: 'must',
      checks: 'a plain write of a characteristic with tw is refused with -70410',
      matters: 'a write that was held back on its way takes effect much later',
      source: 'HAP-R2 §6.7.2.4',
    },
    async lab => {
      const { characteristic, session, value } = await timedSwitch(lab)
      return { answer: await put(session, [{ characteristic, value }]), ...characteristic }
    },
  ),
  timedRule(
    {
      name: 'timed-write-needs-its-pid',
      severity: 'must',
      checks: 'a timed write with another pid than the prepared one is refused with -70410',
      matters: 'writes of other connections are taken for prepared ones',
      source: 'HAP-R2 §6.7.2.4',
    },
    async lab => {
      const { characteristic, session, value } = await timedSwitch(lab)
      const pid = (await prepare(session)) + 77
      return { answer: await put(session, [{ characteristic, value }], { pid }), ...characteristic }
    },
  ),
  timedRule(
    {
      name: 'timed-write-expires',
      severity: 'must',
      checks: 'a timed write after its ttl is refused with -70410',
      matters: 'a write that was held back on its way takes effect much later',
      source: 'HAP-R2 §6.7.2.4',
    },
    async lab => {
      const { characteristic, session, value } = await timedSwitch(lab)
      const pid = await prepare(session, 200)
      await new Promise(resolve => setTimeout(resolve, 600))
      return { answer: await put(session, [{ characteristic, value }], { pid }), ...characteristic }
    },
  ),
  writingRule(
    {
      name: 'timed-write-works',
      severity: 'must',
      checks: 'a prepared write within its ttl is done',
      matters: 'sound of recordings cannot be switched',
      source: 'HAP-R2 §6.7.2.4',
    },
    async lab => {
      const { characteristic, session, value } = await timedSwitch(lab)
      const pid = await prepare(session)
      const answer = await put(session, [{ characteristic, value }], { pid })
      return unless(
        writeStatus(answer, characteristic) === 0,
        describeAnswer(answer),
        proof(answer),
      )
    },
  ),
  writingRule(
    {
      name: 'timed-write-allowed-everywhere',
      severity: 'should',
      checks: 'a characteristic without tw takes a prepared write as well',
      matters: 'some controllers prepare every write',
      source: 'HAP-R2 §6.7.2.4',
    },
    async lab => {
      const characteristic = await snapshots(lab)
      const session = await lab.session()
      const pid = await prepare(session)
      const answer = await put(session, [{ characteristic, value: 1 }], { pid })
      return unless(
        writeStatus(answer, characteristic) === 0,
        describeAnswer(answer),
        proof(answer),
      )
    },
  ),
  writingRule(
    {
      name: 'write-response-only-where-allowed',
      severity: 'should',
      checks: 'a write response is not given for a characteristic without wr',
      matters: 'controllers read an answer that means nothing',
      source: 'HAP-R2 §6.7.2.1',
    },
    async lab => {
      const characteristic = await characteristicWith(
        lab,
        ({ name, perms }) => name === 'eventSnapshotsActive' && !perms.includes('wr'),
        'is written without a response',
      )
      const more = await timing(lab, characteristic.perms)
      const answer = await put(await lab.session(), [{ characteristic, value: 1, r: true }], more)
      const entry = entriesOf(answer)[0]
      return unless(
        entry?.value === undefined || entryStatus(entry) !== 0,
        describeAnswer(answer),
        proof(answer),
      )
    },
  ),
  ...(
    [
      [
        'recording',
        'active',
        'admin-switches-recording',
        'Active of CameraEventRecordingManagement',
      ],
      [
        'recording',
        'selectedCameraRecordingConfiguration',
        'admin-selects-configuration',
        'SelectedCameraRecordingConfiguration',
      ],
      ['mode', 'homeKitCameraActive', 'admin-switches-camera', 'HomeKitCameraActive'],
      ['mode', 'eventSnapshotsActive', 'admin-switches-snapshots', 'EventSnapshotsActive'],
    ] as const
  ).map(([service, name, rule, what]) =>
    writingRule(
      {
        name: rule,
        severity: 'must',
        checks: `only an administrator writes ${what}: -70401 for everybody else`,
        matters: 'a guest of the home can switch the camera off unnoticed',
        source: 'HAP-R2 §6.7.2; observed: cameras of HAP-NodeJS',
      },
      async lab => {
        const services = await lab.get(camera)
        const characteristic = optionalCharacteristic(services[service], name)
        if (characteristic === undefined) throw new NotJudged(`the camera has no ${what}`)
        const { session } = await lab.get(guest)
        const value = name === 'selectedCameraRecordingConfiguration' ? '' : 1
        const isTimed = characteristic.perms.includes('tw')
        const more = isTimed ? { pid: await prepare(session) } : {}
        const answer = await put(session, [{ characteristic, value }], more)
        const status = writeStatus(answer, characteristic)
        return unless(
          status !== undefined && status !== 0,
          `the status is ${status} (HTTP ${answer.status})`,
          proof(answer),
        )
      },
    ),
  ),
]

/** What a write needs besides, by the permissions of its characteristic. */
async function timing(lab: Lab, perms: readonly string[]): Promise<object> {
  return perms.includes('tw') ? { pid: await prepare(await lab.session()) } : {}
}
