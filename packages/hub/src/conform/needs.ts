import { firstAnnouncement } from './evidence/announcement.ts'
import { armed } from './evidence/armed.ts'
import { camera, database } from './evidence/database.ts'
import { pairing, setupStart } from './evidence/pairing.ts'
import { initialStates } from './evidence/states.ts'
import type { Lab } from './lab.ts'
import { type ConformNeed, type ConformRule, NotJudged } from './rule.ts'

/** How each need is met. */
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

/** Does what a rule needs. @throws NotJudged when it cannot be judged here */
export async function meetNeeds(lab: Lab, rule: ConformRule): Promise<void> {
  for (const need of rule.needs) await needs[need](lab)
}
