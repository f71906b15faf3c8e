import { optionalCharacteristic } from '../../database.ts'
import { armed, switchOn } from '../evidence/armed.ts'
import { camera, cameraCharacteristic } from '../evidence/database.ts'
import { readValue, writeValue } from '../evidence/requests.ts'
import { openStatus, openStream, recordingFields } from '../evidence/streams.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, NotJudged, unless } from '../rule.ts'
import type { RawSession } from '../wire/raw-session.ts'
import type { RawStream, StreamFields, StreamMessage } from '../wire/raw-stream.ts'

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

const PRIVATE = 'a camera that is switched off still records'
const END_MS = 3000

/** A rule with switches that are turned, and everything on again afterwards. */
function modeRule(
  words: Words,
  judge: (lab: Lab, session: RawSession) => Promise<Fault | undefined>,
  more: Partial<ConformRule> = {},
): ConformRule {
  return {
    group: 'modes',
    needs: ['armed'],
    ...words,
    ...more,
    async judge(lab) {
      const session = await lab.connect()
      try {
        return await judge(lab, session)
      } finally {
        if (!lab.signal.aborted) await switchOn(lab, await lab.session())
        session.close()
      }
    },
  }
}

async function turn(
  lab: Lab,
  session: RawSession,
  name: 'homeKitCameraActive' | 'recordingActive' | 'sound',
  value: 0 | 1,
): Promise<void> {
  const characteristic =
    name === 'homeKitCameraActive'
      ? await cameraCharacteristic(lab, 'mode', name)
      : await cameraCharacteristic(
          lab,
          'recording',
          name === 'sound' ? 'recordingAudioActive' : 'active',
        )
  await writeValue(session, characteristic, value)
}

/** Opens a recording on a stream of its own. */
async function open(
  lab: Lab,
  session: RawSession,
  fields: StreamFields = recordingFields,
): Promise<{ stream: RawStream; answer: StreamMessage }> {
  const stream = await openStream(lab, session)
  const answer = await stream.request('dataSend', 'open', { ...fields, streamId: 3 })
  return { stream, answer }
}

function refusedWith(answer: StreamMessage, reasons: readonly number[]): Fault | undefined {
  const { status, reason } = openStatus(answer)
  const proof = { bytes: answer.head, at: answer.at }
  if (status === 0) return { text: 'it is accepted', ...proof }
  return unless(
    status === 6 && reasons.includes(Number(reason)),
    `status ${status}, reason ${String(reason)}, not 6 and ${reasons.join(' or ')}`,
    proof,
  )
}

async function accepted(lab: Lab, session: RawSession): Promise<Fault | undefined> {
  const { stream, answer } = await open(lab, session)
  stream.event('close', { streamId: 3, reason: 0 })
  stream.close()
  const { status, reason } = openStatus(answer)
  return unless(status === 0, `status ${status}, reason ${String(reason)}`, {
    bytes: answer.head,
    at: answer.at,
  })
}

/** Whether a recording that runs ends when something is switched off. */
async function endsWhen(
  lab: Lab,
  session: RawSession,
  off: () => Promise<void>,
): Promise<Fault | undefined> {
  const { stream, answer } = await open(lab, session)
  if (openStatus(answer).status !== 0) throw new NotJudged('the camera refused to record')
  await off()
  const end = await stream.messages
    .poll(
      END_MS,
      ({ header, message }) => header.topic === 'close' || message.get('endOfStream') === true,
    )
    .catch(() => undefined)
  const isOver = end !== undefined || stream.isClosed
  stream.close()
  return unless(isOver, 'the recording went on for 3 s')
}

/** A connection that is lost without a word, while it records. */
async function afterLoss(lab: Lab): Promise<Fault | undefined> {
  const lost = await lab.connect()
  const { stream, answer } = await open(lab, lost)
  if (openStatus(answer).status !== 0) throw new NotJudged('the camera refused to record')
  stream.close()
  lost.close()
  await Promise.all([stream.closed, lost.closed])
  await lab.sleep(1000)
  return await accepted(lab, await lab.session())
}

/** Of a recording: whether its initialization has sound. */
async function hasSound(
  lab: Lab,
  session: RawSession,
): Promise<{ isThere: boolean; message: StreamMessage }> {
  const { stream, answer } = await open(lab, session)
  if (openStatus(answer).status !== 0) throw new NotJudged('the camera refused to record')
  const message = await stream.messages.take(5000, ({ header }) => header.topic === 'data')
  stream.event('close', { streamId: 3, reason: 0 })
  stream.close()
  const packets = message.message.get('packets')
  const [packet] = Array.isArray(packets) ? packets : []
  const data = packet instanceof Map ? packet.get('data') : undefined
  const bytes = Buffer.from(data instanceof Uint8Array ? data : [])
  return { isThere: bytes.includes('soun') && bytes.includes('mp4a'), message }
}

/** What the switches of Home do. */
export const modeRules: readonly ConformRule[] = [
  modeRule(
    {
      name: 'recording-opens-again',
      severity: 'must',
      checks: 'after a recording the next one can be opened at once',
      matters: 'of two motions after each other the second is lost',
      source: 'observed: Apple home hub',
    },
    async (lab, session) => (await accepted(lab, session)) ?? (await accepted(lab, session)),
  ),
  modeRule(
    {
      name: 'recording-opens-after-loss',
      severity: 'must',
      checks: 'a second after a hub was lost within a recording the next one can be opened',
      matters: 'the camera is busy for ever, and records nothing until it is restarted',
      source: 'observed: cameras that stay BUSY',
    },
    lab => afterLoss(lab),
  ),
  modeRule(
    {
      name: 'foreign-target-refused',
      severity: 'should',
      checks: 'an opening for another target is refused with status 6',
      matters: 'what is sent is of no use to who asked',
      source: 'observed: HAP-NodeJS 1.2.0',
    },
    async (lab, session) => {
      const { answer, stream } = await open(lab, session, {
        ...recordingFields,
        target: 'somewhere',
      })
      stream.close()
      return unless(openStatus(answer).status !== 0, 'it is accepted', {
        bytes: answer.head,
        at: answer.at,
      })
    },
  ),
  modeRule(
    {
      name: 'foreign-type-refused',
      severity: 'must',
      checks: 'an opening of another type than ipcamera.recording is refused',
      matters: 'a hub takes a recording for what it asked for',
      source: 'observed: hubs ask for ipcamera.snapshot',
    },
    async (lab, session) => {
      const { answer, stream } = await open(lab, session, {
        ...recordingFields,
        type: 'ipcamera.nothing',
      })
      stream.close()
      return unless(openStatus(answer).status !== 0, 'it is accepted', {
        bytes: answer.head,
        at: answer.at,
      })
    },
  ),
  modeRule(
    {
      name: 'no-recording-when-inactive',
      severity: 'must',
      checks: 'with Active 0 of the recording service an opening is refused: 6 and NotAllowed (1)',
      matters: PRIVATE,
      source: 'Secure Video R2 §1; observed: HAP-NodeJS 1.2.0',
    },
    async (lab, session) => {
      await turn(lab, session, 'recordingActive', 0)
      const { answer, stream } = await open(lab, session)
      stream.close()
      return refusedWith(answer, [1])
    },
  ),
  modeRule(
    {
      name: 'no-recording-when-off',
      severity: 'must',
      checks: 'with HomeKitCameraActive 0 an opening is refused: 6 and NotAllowed (1)',
      matters: PRIVATE,
      source: 'Secure Video R2 §1; observed: HAP-NodeJS 1.2.0',
    },
    async (lab, session) => {
      await turn(lab, session, 'homeKitCameraActive', 0)
      const { answer, stream } = await open(lab, session)
      stream.close()
      return refusedWith(answer, [1])
    },
  ),
  modeRule(
    {
      name: 'recording-ends-when-off',
      severity: 'must',
      checks: 'a recording ends within 3 s of HomeKitCameraActive 0',
      matters: PRIVATE,
      source: 'observed: HAP-NodeJS 1.2.0 closes with NotAllowed (1)',
    },
    (lab, session) => endsWhen(lab, session, () => turn(lab, session, 'homeKitCameraActive', 0)),
  ),
  modeRule(
    {
      name: 'recording-ends-when-inactive',
      severity: 'should',
      checks: 'a recording ends within 3 s of Active 0 of the recording service',
      matters: PRIVATE,
      source: 'Secure Video R2 §1',
    },
    (lab, session) => endsWhen(lab, session, () => turn(lab, session, 'recordingActive', 0)),
  ),
  modeRule(
    {
      name: 'sound-when-on',
      severity: 'should',
      checks: 'with RecordingAudioActive 1 the initialization has an audio track',
      matters: 'hubs that were promised sound discard clips without it',
      source: 'observed: Scrypted, Apple home hub',
    },
    async (lab, session) => {
      const { isThere, message } = await hasSound(lab, session)
      return unless(isThere, 'it has none', { bytes: message.head, at: message.at })
    },
  ),
  modeRule(
    {
      name: 'no-sound-when-off',
      severity: 'should',
      checks: 'with RecordingAudioActive 0 the initialization has no audio track',
      matters: 'unless it is silent, what people say is recorded although that was switched off',
      source: 'Secure Video R2 §3.7; observed: Scrypted records silence',
    },
    async (lab, session) => {
      await turn(lab, session, 'sound', 0)
      const { isThere, message } = await hasSound(lab, session)
      return unless(!isThere, 'it has one', { bytes: message.head, at: message.at })
    },
  ),
  modeRule(
    {
      name: 'sensor-inactive-when-off',
      severity: 'should',
      checks: 'StatusActive of the motion sensor follows HomeKitCameraActive',
      matters: 'Home shows a sensor that works while the camera is off',
      source: 'observed: HAP-NodeJS 1.2.0',
    },
    async (lab, session) => {
      const { motion } = await lab.get(camera)
      const status = optionalCharacteristic(motion, 'statusActive')
      if (status === undefined) throw new NotJudged('the sensor has no StatusActive')
      const before = Number(await readValue(session, status))
      await turn(lab, session, 'homeKitCameraActive', 0)
      const after = Number(await readValue(session, status))
      return unless(
        before === 1 && after === 0,
        `it was ${before} while on, and ${after} while off`,
      )
    },
  ),
  modeRule(
    {
      name: 'no-motion-when-off',
      severity: 'should',
      checks: 'MotionDetected is false while HomeKitCameraActive is 0',
      matters: 'automations run although the camera is off',
      source: 'Secure Video R2 §3.3',
    },
    async (lab, session) => {
      await turn(lab, session, 'homeKitCameraActive', 0)
      const value = await readValue(
        session,
        await cameraCharacteristic(lab, 'motion', 'motionDetected'),
      )
      return unless(Number(value) === 0, `it is ${JSON.stringify(value)}`)
    },
  ),
  modeRule(
    {
      name: 'switches-are-independent',
      severity: 'must',
      checks: 'HomeKitCameraActive 0 leaves the other switches and the selection as they are',
      matters: 'after switching it on again the camera does not record',
      source: 'observed: homes that switch cameras with presence',
    },
    async (lab, session) => {
      const { base64 } = await lab.get(armed)
      await turn(lab, session, 'homeKitCameraActive', 0)
      await turn(lab, session, 'homeKitCameraActive', 1)
      const selected = await readValue(
        session,
        await cameraCharacteristic(lab, 'recording', 'selectedCameraRecordingConfiguration'),
      )
      const active = await readValue(
        session,
        await cameraCharacteristic(lab, 'recording', 'active'),
      )
      if (Number(active) !== 1) return { text: `Active is ${JSON.stringify(active)}` }
      return unless(selected === base64, 'another configuration is selected')
    },
  ),
  ...(['cameraOperatingModeIndicator', 'nightVision'] as const).map(name =>
    modeRule(
      {
        name: name === 'nightVision' ? 'night-vision-switches' : 'indicator-switches',
        severity: 'should',
        checks: `${name}, where there is one, keeps what is written`,
        matters: 'the setting in Home jumps back',
        source: 'Secure Video R2 §3',
      },
      async (lab, session) => {
        const characteristic = await cameraCharacteristic(lab, 'mode', name)
        const before = Number(await readValue(session, characteristic))
        await writeValue(session, characteristic, before === 0)
        const after = Number(await readValue(session, characteristic))
        await writeValue(session, characteristic, before === 1)
        return unless(after !== before, `it is still ${before}`)
      },
    ),
  ),
]

/** Judged before anything is selected. */
export const unarmedRules: readonly ConformRule[] = [
  {
    name: 'no-recording-unselected',
    group: 'modes',
    severity: 'must',
    checks: 'before a configuration was selected an opening is refused',
    matters: 'the hub gets clips that it cannot use, instead of selecting what it can',
    source: 'observed: HAP-NodeJS 1.2.0, Apple home hub',
    needs: ['camera', 'unselected'],
    async judge(lab) {
      const session = await lab.connect()
      const { answer, stream } = await open(lab, session)
      stream.close()
      session.close()
      return refusedWith(answer, [1, 9])
    },
  },
]
