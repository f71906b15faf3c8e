import { firstAnnouncement } from './evidence/announcement.ts'
import { armed } from './evidence/armed.ts'
import { camera, database } from './evidence/database.ts'
import { pairing, setupStart } from './evidence/pairing.ts'
import { initialStates } from './evidence/states.ts'
import type { Lab } from './lab.ts'
import { type ConformNeed, type ConformRule, NotJudged } from './rule.ts'

/** Why each need is not met; nothing when it is. */
const needs: Readonly<Record<ConformNeed, (lab: Lab) => Promise<unknown>>> = {
  announcement: lab => lab.get(firstAnnouncement),
  unpaired: lab => lab.get(setupStart),
  paired: lab => lab.get(pairing),
  camera: lab => lab.get(camera),
  async unselected(lab) {
    const { selected } = await lab.get(initialStates)
    if (selected !== undefined) throw new NotJudged('a recording configuration was selected before')
  },
  armed: lab => lab.get(armed),
  recording: lab => lab.get(armed),
  async doorbell(lab) {
    const { read } = await lab.get(database)
    if (read.all('doorbell').length === 0) throw new NotJudged('the camera is no doorbell')
  },
  async press({ options: { press } }) {
    if (press === undefined) throw new NotJudged('nothing presses the bell: give --press')
  },
  live: lab => lab.get(armed),
  async restart({ options: { restart } }) {
    if (restart === undefined) throw new NotJudged('nothing restarts the camera: give --restart')
  },
}

/** @returns Why a rule cannot be judged here; nothing when it can. */
export async function unmetNeed(lab: Lab, rule: ConformRule): Promise<string | undefined> {
  for (const need of rule.needs) {
    try {
      await needs[need](lab)
    } catch (error) {
      if (error instanceof NotJudged) return error.message
      throw error
    }
  }
  return undefined
}
