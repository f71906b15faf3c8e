import type { RemoteCharacteristic } from '../../database.ts'
import { armed, switchOn } from '../evidence/armed.ts'
import { camera, cameraCharacteristic } from '../evidence/database.ts'
import { isJpeg, jpegSize, picture, pictureApart } from '../evidence/pictures.ts'
import { writeValue } from '../evidence/requests.ts'
import type { Experiment, Lab } from '../lab.ts'
import { type ConformRule, type Fault, NotJudged, unless } from '../rule.ts'
import { type Answer, describeAnswer, statusOf } from '../wire/answers.ts'
import type { RawSession } from '../wire/raw-session.ts'

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

const TILE = 'the tile in Home shows “No Response”, or an old picture'

/** A picture, and how long it took. */
const first: Experiment<{ answer: Answer; ms: number }> = {
  name: 'take a picture',
  rule: 'picture-is-jpeg',
  async run(lab) {
    await lab.get(armed)
    const session = await lab.session()
    // The first one may have to start something.
    await picture(session, { reason: 0 })
    const startedAt = performance.now()
    const answer = await picture(session, { reason: 0 })
    return { answer, ms: performance.now() - startedAt }
  },
}

function snapshotRule(words: Words, judge: (lab: Lab) => Promise<Fault | undefined>): ConformRule {
  return { group: 'snapshots', needs: ['armed'], ...words, judge }
}

/** A rule that a picture is refused while something is off; everything is on again afterwards. */
function refusedRule(
  words: Words,
  off: (lab: Lab) => Promise<readonly RemoteCharacteristic[]>,
  request: { reason?: number },
  wanted: number,
): ConformRule {
  return snapshotRule(words, async lab => {
    const session = await lab.session()
    try {
      for (const characteristic of await off(lab)) await writeValue(session, characteristic, 0)
      return refusedWith(await picture(session, request), wanted)
    } finally {
      await onAgain(lab, session)
    }
  })
}

async function onAgain(lab: Lab, session: RawSession): Promise<void> {
  if (!lab.signal.aborted) await switchOn(lab, session.isClosed ? await lab.session() : session)
}

function refusedWith(answer: Answer, wanted: number): Fault | undefined {
  const proof = { bytes: answer.body, at: answer.at }
  if (answer.status === 200) return { text: 'a picture came', ...proof }
  if (answer.status !== 207) return { text: `${describeAnswer(answer)} instead of 207`, ...proof }
  return unless(
    statusOf(answer) === wanted,
    `the status is ${statusOf(answer)}, not ${wanted}`,
    proof,
  )
}

const eventPictures = async (lab: Lab) => [
  await cameraCharacteristic(lab, 'mode', 'eventSnapshotsActive'),
]
const periodicPictures = async (lab: Lab) => [
  await cameraCharacteristic(lab, 'mode', 'periodicSnapshotsActive'),
]
const whole = async (lab: Lab) => [await cameraCharacteristic(lab, 'mode', 'homeKitCameraActive')]
const allStreams = async (lab: Lab) => {
  const { streams } = await lab.get(camera)
  const switches = streams.flatMap(each =>
    each.characteristics.filter(({ name }) => name === 'active'),
  )
  if (switches.length === 0) throw new NotJudged('no stream has Active')
  return switches
}

/** Pictures, and who gets none. */
export const snapshotRules: readonly ConformRule[] = [
  snapshotRule(
    {
      name: 'picture-is-jpeg',
      severity: 'must',
      checks: 'POST /resource is answered with 200 and a JPEG',
      matters: TILE,
      source: 'HAP-R2 §11.5',
    },
    async lab => {
      const { answer } = await lab.get(first)
      return unless(answer.status === 200 && isJpeg(answer), describeAnswer(answer), {
        bytes: answer.body,
        at: answer.at,
      })
    },
  ),
  snapshotRule(
    {
      name: 'picture-content-type',
      severity: 'must',
      checks: 'pictures are image/jpeg',
      matters: TILE,
      source: 'HAP-R2 §11.5',
    },
    async lab => {
      const { answer } = await lab.get(first)
      if (answer.status !== 200) throw new NotJudged('no picture came')
      const type = answer.headers.get('content-type') ?? ''
      return unless(type.startsWith('image/jpeg'), `Content-Type is "${type}"`, { at: answer.at })
    },
  ),
  snapshotRule(
    {
      name: 'picture-has-content',
      severity: 'should',
      checks: 'the JPEG is a picture: it has a size of at least 16x16',
      matters: 'the tile is grey',
      source: 'ITU-T T.81 B.2.2',
    },
    async lab => {
      const { answer } = await lab.get(first)
      if (answer.status !== 200) throw new NotJudged('no picture came')
      const size = jpegSize(answer.body)
      return unless(
        size !== undefined && size.width >= 16 && size.height >= 16,
        size === undefined ? 'it says no size' : `${size.width}x${size.height}`,
        { bytes: answer.body },
      )
    },
  ),
  snapshotRule(
    {
      name: 'picture-size-near',
      severity: 'should',
      checks:
        'the picture has about the size that was asked for: at most four times, and not less than a quarter, of its width',
      matters: 'tiles load slowly, or are blurred',
      source: 'HAP-R2 §11.5',
    },
    async lab => {
      const { answer } = await lab.get(first)
      const size = answer.status === 200 ? jpegSize(answer.body) : undefined
      if (size === undefined) throw new NotJudged('no picture came')
      return unless(
        size.width <= 2560 && size.width >= 160,
        `${size.width}x${size.height} for 640x360`,
      )
    },
  ),
  snapshotRule(
    {
      name: 'picture-in-time',
      severity: 'must',
      checks: 'a picture comes within 5 s',
      matters: TILE,
      source: 'observed: Home gives up',
    },
    async lab => {
      const { ms, answer } = await lab.get(first)
      return unless(ms <= 5000, `it took ${Math.round(ms)} ms`, { at: answer.at })
    },
  ),
  snapshotRule(
    {
      name: 'picture-at-once',
      severity: 'should',
      checks: 'a picture comes within 1 s',
      matters: 'tiles stay grey while Home is opened',
      source: 'observed: cameras with a prebuffer',
    },
    async lab => {
      const { ms, answer } = await lab.get(first)
      return unless(ms <= 1000, `it took ${Math.round(ms)} ms`, { at: answer.at })
    },
  ),
  snapshotRule(
    {
      name: 'ten-pictures-at-once',
      severity: 'should',
      checks: 'ten controllers that ask at the same time all get a picture within 10 s',
      matters: 'with several phones in a home tiles stay grey',
      source: 'observed: homes with many phones',
    },
    async lab => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => pictureApart(lab, { reason: 0 })),
      )
      const odd = answers.find(answer => answer.status !== 200)
      return unless(odd === undefined, odd === undefined ? '' : describeAnswer(odd))
    },
  ),
  snapshotRule(
    {
      name: 'picture-without-reason',
      severity: 'must',
      checks: 'a picture without a reason is given while all kinds are allowed',
      matters: 'controllers that know nothing of Secure Video see no pictures',
      source: 'Secure Video R2 §5',
    },
    async lab => {
      const answer = await picture(await lab.session())
      return unless(answer.status === 200, describeAnswer(answer), { at: answer.at })
    },
  ),
  snapshotRule(
    {
      name: 'picture-of-event',
      severity: 'must',
      checks: 'a picture with reason 1 is given while event pictures are allowed',
      matters: 'notifications come without a picture',
      source: 'Secure Video R2 §5',
    },
    async lab => {
      const answer = await picture(await lab.session(), { reason: 1 })
      return unless(answer.status === 200, describeAnswer(answer), { at: answer.at })
    },
  ),
  snapshotRule(
    {
      name: 'picture-of-odd-size',
      severity: 'should',
      checks: 'a request for a picture of 1x1 or 8000x6000 leaves the camera as it is',
      matters: 'one request of a watch takes the camera away',
      source: 'RFC 9413 §4',
    },
    async lab => {
      const session = await lab.session()
      await picture(session, { reason: 0, width: 1, height: 1 })
      await picture(session, { reason: 0, width: 8000, height: 6000 })
      const answer = await picture(session, { reason: 0 })
      return unless(answer.status === 200, describeAnswer(answer), { at: answer.at })
    },
  ),
  snapshotRule(
    {
      name: 'unknown-resource-refused',
      severity: 'should',
      checks: 'another resource-type than image is refused',
      matters: 'controllers take something else for what they asked for',
      source: 'HAP-R2 §11.5',
    },
    async lab => {
      const session = await lab.session()
      const body = { 'image-width': 640, 'image-height': 360, 'resource-type': 'sculpture' }
      const answer = await session.request('POST', '/resource', body)
      return unless(answer.status !== 200, describeAnswer(answer), { at: answer.at })
    },
  ),
  refusedRule(
    {
      name: 'no-event-picture-when-off',
      severity: 'must',
      checks: 'with EventSnapshotsActive 0 a picture with reason 1 is refused: 207 and -70412',
      matters: 'notifications show pictures although that was switched off',
      source: 'Secure Video R2 §5',
    },
    eventPictures,
    { reason: 1 },
    -70412,
  ),
  refusedRule(
    {
      name: 'no-picture-without-reason-when-off',
      severity: 'must',
      checks: 'with EventSnapshotsActive 0 a picture without a reason is refused: 207 and -70401',
      matters: 'pictures are shown although that was switched off',
      source: 'Secure Video R2 §5',
    },
    eventPictures,
    {},
    -70401,
  ),
  refusedRule(
    {
      name: 'no-periodic-picture-when-off',
      severity: 'must',
      checks: 'with PeriodicSnapshotsActive 0 a picture with reason 0 is refused: 207 and -70412',
      matters: 'pictures are shown although that was switched off',
      source: 'Secure Video R2 §5',
    },
    periodicPictures,
    { reason: 0 },
    -70412,
  ),
  refusedRule(
    {
      name: 'no-picture-when-camera-off',
      severity: 'must',
      checks: 'with HomeKitCameraActive 0 a picture is refused: 207 and -70412',
      matters: 'a camera that is switched off still shows what goes on',
      source: 'Secure Video R2 §1; observed: HAP-NodeJS 1.2.0',
    },
    whole,
    { reason: 0 },
    -70412,
  ),
  refusedRule(
    {
      name: 'no-picture-when-streams-off',
      severity: 'must',
      checks:
        'with Active 0 of every stream (“Detect Activity”) a picture is refused: 207 and -70412',
      matters: 'a camera that may only detect still shows what goes on',
      source: 'Secure Video R2 §1; observed: HAP-NodeJS 1.2.0',
    },
    allStreams,
    { reason: 0 },
    -70412,
  ),
]
