import type { RemoteCharacteristic } from '../../database.ts'
import { characteristicIn, database } from '../evidence/database.ts'
import { get } from '../evidence/requests.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, NotJudged, unless } from '../rule.ts'
import { describeAnswer, entriesOf, entryStatus } from '../wire/answers.ts'

/** Ids that no accessory has. */
const NOWHERE = { aid: 1, iid: 65_000 }

/** The first characteristic with, or without, a permission. @throws NotJudged */
export async function characteristicWith(
  lab: Lab,
  isWanted: (characteristic: RemoteCharacteristic) => boolean,
  what: string,
): Promise<RemoteCharacteristic> {
  const { read } = await lab.get(database)
  const found = read.services.flatMap(each => each.characteristics).find(isWanted)
  if (found === undefined) throw new NotJudged(`the camera has no characteristic that ${what}`)
  return found
}

/** `GET /characteristics`. */
export const readingRules: readonly ConformRule[] = [
  {
    name: 'read-all-values',
    group: 'characteristics',
    severity: 'must',
    checks: 'every characteristic with pr can be read, fifty at a time',
    matters: 'controls show “No Response”',
    source: 'HAP-R2 §6.7.4',
    needs: ['paired'],
    async judge(lab) {
      const { read } = await lab.get(database)
      // Before something is selected, or set up, these have nothing to tell.
      const silent = [
        'selectedCameraRecordingConfiguration',
        'setupEndpoints',
        'selectedRtpStreamConfiguration',
        'setupDataStreamTransport',
        'programmableSwitchEvent',
      ]
      const readable = read.services
        .flatMap(each => each.characteristics)
        .filter(({ perms, name }) => perms.includes('pr') && !silent.includes(name ?? ''))
      const session = await lab.session()
      for (let from = 0; from < readable.length; from += 50) {
        const batch = readable.slice(from, from + 50)
        const answer = await get(session, batch)
        const entries = entriesOf(answer)
        const missing = batch.find(({ iid, aid }) => {
          const entry = entries.find(each => each.iid === iid && each.aid === aid)
          return entry === undefined || entryStatus(entry) !== 0 || entry.value === undefined
        })
        if (missing !== undefined) {
          const entry = entries.find(({ iid }) => iid === missing.iid)
          const text = `${missing.name ?? missing.type} (${missing.iid}): ${entry === undefined ? `missing of HTTP ${answer.status}` : JSON.stringify(entry)}`
          return { text, at: answer.at }
        }
      }
      return undefined
    },
  },
  {
    name: 'read-of-unknown-is-207',
    group: 'characteristics',
    severity: 'must',
    checks:
      'a read of which one id does not exist is answered with 207, and every entry has a status',
    matters: 'one missing control takes all others with it',
    source: 'HAP-R2 §6.7.4.2',
    needs: ['paired'],
    async judge(lab) {
      const name = await characteristicIn(lab, 'accessoryInformation', 'name')
      const answer = await get(await lab.session(), [name, NOWHERE])
      const entries = entriesOf(answer)
      const known = entries.find(({ iid }) => iid === name.iid)
      const unknown = entries.find(({ iid }) => iid === NOWHERE.iid)
      const proof = { bytes: answer.body, at: answer.at }
      if (answer.status !== 207)
        return { text: `${describeAnswer(answer)} instead of 207`, ...proof }
      if (known?.status === undefined || unknown?.status === undefined)
        return { text: 'an entry has no status', ...proof }
      if (known.status !== 0 || known.value === undefined)
        return { text: 'what exists has no value', ...proof }
      return unless(unknown.status !== 0, 'what does not exist has status 0', proof)
    },
  },
  {
    name: 'read-of-unknown-status',
    group: 'characteristics',
    severity: 'should',
    checks: 'the status of an id that does not exist is -70409',
    matters: 'controllers do not notice that their picture of the camera is old',
    source: 'HAP-R2 table 6-11; observed: Apple’s accessory kit',
    needs: ['paired'],
    async judge(lab) {
      const answer = await get(await lab.session(), [NOWHERE])
      const status = entryStatus(entriesOf(answer)[0])
      return unless(status === -70409, `the status is ${status}`, {
        bytes: answer.body,
        at: answer.at,
      })
    },
  },
  {
    name: 'read-of-write-only',
    group: 'characteristics',
    severity: 'must',
    checks: 'a characteristic without pr is not read: -70405 in 207',
    matters: 'secrets can be read back, or one control breaks all',
    source: 'HAP-R2 table 6-11',
    needs: ['paired'],
    async judge(lab) {
      const wanted = await characteristicWith(
        lab,
        ({ perms }) => !perms.includes('pr'),
        'cannot be read',
      )
      const answer = await get(await lab.session(), [wanted])
      const [entry] = entriesOf(answer)
      const isWell =
        answer.status === 207 && entryStatus(entry) === -70405 && entry?.value === undefined
      return unless(isWell, describeAnswer(answer), { bytes: answer.body, at: answer.at })
    },
  },
  {
    name: 'read-with-details',
    group: 'characteristics',
    severity: 'should',
    checks: 'meta=1, perms=1, type=1 and ev=1 add format, perms, type and ev to a read',
    matters: 'controllers that ask for it know less than they need',
    source: 'HAP-R2 table 6-13',
    needs: ['paired'],
    async judge(lab) {
      const name = await characteristicIn(lab, 'accessoryInformation', 'name')
      const answer = await get(await lab.session(), [name], '&meta=1&perms=1&type=1&ev=1')
      const [entry] = entriesOf(answer)
      const missing = (['format', 'perms', 'type', 'ev'] as const).filter(
        key => entry?.[key] === undefined,
      )
      return unless(missing.length === 0, `missing: ${missing.join(', ')}`, {
        bytes: answer.body,
        at: answer.at,
      })
    },
  },
]
