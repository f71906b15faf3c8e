import { HubError } from '../../errors.ts'
import type { Experiment, Lab } from '../lab.ts'
import { NotJudged } from '../rule.ts'
import { entriesOf } from '../wire/answers.ts'
import type { RawSession } from '../wire/raw-session.ts'
import { armed } from './armed.ts'
import { cameraCharacteristic } from './database.ts'
import { put, readValue } from './requests.ts'

const TRIGGER_MS = 10_000
const MOTION_MS = 120_000

/** Motion, as a hub that subscribed to it learns of it. */
export interface MotionEvidence {
  /** The connection that subscribed. */
  readonly session: RawSession
  /** When the trigger was pulled, or the wait began, on the clock of `performance.now()`. */
  readonly trigger: number
  /** When it was known. */
  readonly at: number
  /** `before`: it moved already; `read`: no event came, and the value said so. */
  readonly by: 'event' | 'read' | 'before'
}

/** Arms the camera, lets its prebuffer fill, and makes something move. */
export const motionSeen: Experiment<MotionEvidence> = {
  name: 'make the camera see motion',
  rule: 'motion-is-reported',
  async run(lab) {
    await prebuffered(lab)
    const session = await lab.connect()
    const motion = await cameraCharacteristic(lab, 'motion', 'motionDetected')
    await put(session, [{ characteristic: motion, ev: true }])
    const isMoving = async () => isTrue(await readValue(session, motion))
    const wasMoving = await isMoving()
    const trigger = performance.now()
    const waitMs = await startMotion(lab)
    if (wasMoving) return { session, trigger, at: performance.now(), by: 'before' }
    const event = await session.events.poll(waitMs, heard =>
      entriesOf(heard).some(({ iid, value }) => iid === motion.iid && isTrue(value)),
    )
    if (event !== undefined) return { session, trigger, at: event.at, by: 'event' }
    if (await isMoving()) return { session, trigger, at: performance.now(), by: 'read' }
    if (lab.options.trigger === undefined) throw new NotJudged('nothing moved in time')
    throw new HubError('HUB_PROTOCOL', {
      message: `The trigger made no motion in ${TRIGGER_MS / 1000} s.`,
    })
  },
}

function isTrue(value: unknown): boolean {
  return value === true || value === 1
}

/** The prebuffer needs time to fill after arming. */
async function prebuffered(lab: Lab): Promise<void> {
  const { at, selected } = await lab.get(armed)
  const { general } = selected
  const { fragmentLengthMs } = general.mediaContainer.parameters
  const neededMs = lab.options.fillMs ?? general.prebufferLengthMs + 2 * fragmentLengthMs
  const left = at + neededMs - performance.now()
  if (left > 0) await lab.sleep(left)
}

/** @returns How long an event may take from now on, in milliseconds. */
async function startMotion(lab: Lab): Promise<number> {
  const { trigger, motionTimeoutMs = MOTION_MS } = lab.options
  if (trigger !== undefined) {
    await lab.act('trigger', trigger)
    return TRIGGER_MS
  }
  lab.note(`Move in front of the camera: it has ${Math.round(motionTimeoutMs / 1000)} s to see it.`)
  return motionTimeoutMs
}
