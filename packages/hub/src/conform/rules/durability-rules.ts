import type { RemoteDatabase } from '../../database.ts'
import { accessories, database } from '../evidence/database.ts'
import { type RestartEvidence, restarted } from '../evidence/restart.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, unless } from '../rule.ts'
import { describeAnswer } from '../wire/answers.ts'

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

const HUBS = 'observed: recordings stay away after restarts until the hub is restarted as well'

function restartRule(
  words: Words,
  judge: (evidence: RestartEvidence) => Fault | undefined,
): ConformRule {
  return {
    group: 'durability',
    needs: ['armed', 'restart'],
    isDestructive: true,
    ...words,
    judge: async lab => judge(await lab.get(restarted)),
  }
}

/** Which instance id is what: `3=20` and so on. */
function layout({ services }: RemoteDatabase): string[] {
  return services.flatMap(({ iid, type, aid, characteristics }) => [
    `${aid}.${iid}=${type}`,
    ...characteristics.map(each => `${aid}.${each.iid}=${each.type}`),
  ])
}

/** A connection per time, of which none says goodbye. */
async function abandon(lab: Lab, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const session = await lab.connect()
    session.close()
  }
}

/** What holds over time. */
export const durabilityRules: readonly ConformRule[] = [
  {
    name: 'fifty-connections-later',
    group: 'durability',
    severity: 'must',
    checks: 'after fifty connections that were dropped without a word the camera answers as before',
    matters: 'the camera is gone after some days, until it is restarted',
    source: 'observed: phones that leave the home drop their connections',
    needs: ['paired'],
    async judge(lab) {
      await lab.get(database)
      await abandon(lab, 50)
      const session = await lab.connect()
      const answer = await session.request('GET', '/accessories')
      session.close()
      return unless(answer.status === 200, describeAnswer(answer), { at: answer.at })
    },
  },
  {
    name: 'database-stays',
    group: 'durability',
    severity: 'must',
    checks:
      'services, characteristics and their instance ids are the same at the end of the run as at its beginning',
    matters: 'rooms, names and automations are lost',
    source: 'HAP-R2 §2.6.3',
    needs: ['paired'],
    async judge(lab) {
      const { read } = await lab.get(database)
      lab.forget(accessories)
      lab.forget(database)
      return changed(read, (await lab.get(database)).read)
    },
  },
  {
    name: 'restart-keeps-pairing',
    group: 'durability',
    severity: 'must',
    isDestructive: true,
    checks: 'after a restart the camera knows its controllers, and is who it was',
    matters: '“No Response” until the camera is added again',
    source: 'HAP-R2 §5.6',
    needs: ['armed', 'restart'],
    async judge(lab) {
      await lab.get(restarted)
      return undefined
    },
  },
  restartRule(
    {
      name: 'restart-keeps-ids',
      severity: 'must',
      checks: 'after a restart every instance id is what it was',
      matters: 'rooms, names and automations are lost',
      source: 'HAP-R2 §2.6.3',
    },
    ({ before, after }) => changed(before.read, after.read),
  ),
  restartRule(
    {
      name: 'restart-keeps-selection',
      severity: 'must',
      checks: 'after a restart the selected configuration is what it was',
      matters: 'nothing is recorded any more',
      source: HUBS,
    },
    ({ selected, wanted }) =>
      unless(
        selected === wanted,
        selected === '' || selected === undefined
          ? 'nothing is selected'
          : 'another one is selected',
      ),
  ),
  restartRule(
    {
      name: 'restart-keeps-switches',
      severity: 'must',
      checks: 'after a restart Active and HomeKitCameraActive are what they were',
      matters: 'nothing is recorded any more',
      source: HUBS,
    },
    ({ active, cameraActive }) =>
      unless(
        Number(active) === 1 && Number(cameraActive) === 1,
        `Active ${String(active)}, HomeKitCameraActive ${String(cameraActive)}`,
      ),
  ),
]

function changed(before: RemoteDatabase, after: RemoteDatabase): Fault | undefined {
  const known = new Set(layout(before))
  const now = layout(after)
  const odd = now.find(each => !known.has(each))
  if (odd !== undefined) return { text: `${odd} is new` }
  const gone = [...known].find(each => !now.includes(each))
  return unless(gone === undefined, `${gone} is gone`)
}
