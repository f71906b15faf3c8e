import { armed } from '../evidence/armed.ts'
import { cameraCharacteristic } from '../evidence/database.ts'
import { entryFor, get, readValue, tryWrite, writeValue } from '../evidence/requests.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, unless } from '../rule.ts'
import { describeAnswer, entryStatus } from '../wire/answers.ts'

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

const NOT_ARMED = 'the hub never selects a configuration, and nothing is recorded'

function armingRule(
  words: Words,
  judge: ConformRule['judge'],
  more: Partial<ConformRule> = {},
): ConformRule {
  return { group: 'arming', needs: ['camera'], ...words, judge, ...more }
}

const selection = (lab: Lab) =>
  cameraCharacteristic(lab, 'recording', 'selectedCameraRecordingConfiguration')

/** What a camera is told before it records. */
export const armingRules: readonly ConformRule[] = [
  armingRule(
    {
      name: 'unselected-read',
      severity: 'should',
      checks: 'before anything is selected 209 is read as -70402, or as empty',
      matters: 'hubs take nonsense for a configuration',
      source: 'observed: HAP-NodeJS 1.2.0; cameras sold with Secure Video',
    },
    async lab => {
      const characteristic = await selection(lab)
      const answer = await get(await lab.session(), [characteristic])
      const entry = entryFor(answer, characteristic)
      const isWell = entry?.value === '' || (entry !== undefined && entryStatus(entry) === -70402)
      return unless(isWell, describeAnswer(answer), { bytes: answer.body, at: answer.at })
    },
    { needs: ['camera', 'unselected'] },
  ),
  armingRule(
    {
      name: 'arming-works',
      severity: 'must',
      checks: 'a configuration of what is offered can be selected, and everything switched on',
      matters: NOT_ARMED,
      source: 'Secure Video R2 §6',
    },
    async lab => {
      await lab.get(armed)
      return undefined
    },
  ),
  armingRule(
    {
      name: 'selection-read-back',
      severity: 'must',
      checks: 'the selected configuration is read as it was written, byte for byte',
      matters: 'hubs select it again and again',
      source: 'observed: home hubs read 209 when they connect',
    },
    async lab => {
      const { base64, readBack } = await lab.get(armed)
      const value = entryFor(readBack, await selection(lab))?.value
      return compare(base64, value)
    },
    { needs: ['camera', 'armed'] },
  ),
  armingRule(
    {
      name: 'selection-seen-by-others',
      severity: 'must',
      checks: 'another connection reads the same configuration',
      matters: 'the next hub records with nothing selected',
      source: 'observed: homes with several hubs',
    },
    async lab => {
      const { base64 } = await lab.get(armed)
      const session = await lab.connect()
      const value = await readValue(session, await selection(lab))
      session.close()
      return compare(base64, value)
    },
    { needs: ['camera', 'armed'] },
  ),
  armingRule(
    {
      name: 'selection-repeats',
      severity: 'must',
      checks: 'the same configuration can be selected again',
      matters: 'hubs that connect again report a failure',
      source: 'observed: home hubs write it at every connection',
    },
    async lab => {
      const { base64 } = await lab.get(armed)
      await writeValue(await lab.session(), await selection(lab), base64)
      return undefined
    },
    { needs: ['camera', 'armed'] },
  ),
  armingRule(
    {
      name: 'unreadable-selection-refused',
      severity: 'should',
      checks: 'what is no configuration is refused with -70410, and the selected one stays',
      matters: 'the camera records with nonsense, or not at all',
      source: 'HAP-R2 table 6-11',
    },
    async lab => {
      const { base64 } = await lab.get(armed)
      const characteristic = await selection(lab)
      const session = await lab.session()
      const status = await tryWrite(
        session,
        characteristic,
        Buffer.of(1, 200, 1, 2, 3).toString('base64'),
      )
      const fault = compare(base64, await readValue(session, characteristic))
      if (status === 0) await writeValue(session, characteristic, base64)
      return unless(status === -70410, `the status is ${status}`) ?? fault
    },
    { needs: ['camera', 'armed'] },
  ),
]

function compare(written: string, read: unknown): Fault | undefined {
  const bytes = Buffer.from(typeof read === 'string' ? read : '', 'base64')
  const wanted = Buffer.from(written, 'base64')
  const offset = wanted.findIndex((byte, at) => bytes[at] !== byte)
  const isEqual = bytes.equals(wanted)
  return unless(
    isEqual,
    `it is read as ${read === '' || read === undefined ? 'nothing' : 'something else'}`,
    { bytes, offset: Math.max(0, offset) },
  )
}
