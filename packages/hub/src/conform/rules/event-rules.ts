import type { RemoteCharacteristic } from '../../database.ts'
import { cameraCharacteristic, characteristicIn } from '../evidence/database.ts'
import { put, writeStatus, writeValue } from '../evidence/requests.ts'
import { initialStates } from '../evidence/states.ts'
import type { Experiment, Lab } from '../lab.ts'
import { type ConformRule, NotJudged, unless } from '../rule.ts'
import { type Answer, entriesOf } from '../wire/answers.ts'

/** Long enough for what an accessory holds back for a second. */
const EVENT_MS = 2500

interface Heard {
  readonly characteristic: RemoteCharacteristic
  readonly subscribed: Answer
  /** Of one write each: what the other connection that subscribed heard. */
  readonly byOther: readonly Answer[]
  /** What the connection that wrote, and had subscribed as well, heard. */
  readonly byWriter: readonly Answer[]
  /** What a connection that did not subscribe heard. */
  readonly byStranger: readonly Answer[]
  /** What was heard after the subscription was taken back. */
  readonly afterwards: readonly Answer[]
}

const pause = () => new Promise(resolve => setTimeout(resolve, EVENT_MS))

/** A switch is turned, and three connections listen. */
const events: Experiment<Heard> = {
  name: 'listen for events',
  rule: 'event-to-other-connections',
  async run(lab) {
    await lab.get(initialStates)
    const characteristic = await cameraCharacteristic(lab, 'mode', 'eventSnapshotsActive')
    const [writer, other, stranger] = [
      await lab.connect(),
      await lab.connect(),
      await lab.connect(),
    ]
    await writeValue(writer, characteristic, 1)
    const subscribed = await put(other, [{ characteristic, ev: true }])
    await put(writer, [{ characteristic, ev: true }])
    await writeValue(writer, characteristic, 0)
    await pause()
    const byOther = [...other.events.seen]
    const byWriter = [...writer.events.seen]
    const byStranger = [...stranger.events.seen]
    await put(other, [{ characteristic, ev: false }])
    const before = other.events.seen.length
    await writeValue(writer, characteristic, 1)
    await pause()
    const afterwards = other.events.seen.slice(before)
    for (const session of [writer, other, stranger]) session.close()
    return { characteristic, subscribed, byOther, byWriter, byStranger, afterwards }
  },
}

function eventRule(
  words: Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters'>,
  judge: (heard: Heard) => ReturnType<typeof unless>,
): ConformRule {
  const source = 'HAP-R2 §6.8'
  return {
    group: 'characteristics',
    needs: ['camera'],
    source,
    ...words,
    judge: async lab => judge(await lab.get(events)),
  }
}

/** Changes that the camera tells by itself. */
export const eventRules: readonly ConformRule[] = [
  eventRule(
    {
      name: 'subscription-is-204',
      severity: 'must',
      checks: 'a subscription to a characteristic with ev succeeds',
      matters: 'Home learns of motion when it is opened, and not before',
    },
    ({ subscribed, characteristic }) =>
      unless(writeStatus(subscribed, characteristic) === 0, `HTTP ${subscribed.status}`, {
        bytes: subscribed.body,
        at: subscribed.at,
      }),
  ),
  eventRule(
    {
      name: 'event-to-other-connections',
      severity: 'must',
      checks:
        'a change is told within 2.5 s to every other connection that subscribed, with the value',
      matters: 'phones show old states; hubs miss motion',
    },
    ({ byOther, characteristic: { iid } }) => {
      const [entry] = byOther.flatMap(entriesOf).filter(each => each.iid === iid)
      if (entry === undefined) return { text: 'no event came' }
      return unless(Number(entry.value) === 0, `the value is ${JSON.stringify(entry.value)}, not 0`)
    },
  ),
  eventRule(
    {
      name: 'event-not-to-the-writer',
      severity: 'must',
      checks: 'the connection that wrote gets no event of its own write',
      matters: 'switches in Home jump to and fro',
    },
    ({ byWriter, characteristic: { iid } }) => {
      const own = byWriter.find(event => entriesOf(event).some(each => each.iid === iid))
      return unless(
        own === undefined,
        'the writer was told of its own write',
        own && { bytes: own.body, at: own.at },
      )
    },
  ),
  eventRule(
    {
      name: 'event-only-when-subscribed',
      severity: 'must',
      checks: 'a connection that did not subscribe gets no event',
      matters: 'strict controllers drop the connection',
    },
    ({ byStranger }) => {
      const [event] = byStranger
      return unless(
        event === undefined,
        'an event came unasked',
        event && { bytes: event.body, at: event.at },
      )
    },
  ),
  eventRule(
    {
      name: 'event-ends-with-subscription',
      severity: 'should',
      checks: 'no event comes after the subscription was taken back',
      matters: 'batteries and radio time of phones are wasted',
    },
    ({ afterwards }) => {
      const [event] = afterwards
      return unless(
        event === undefined,
        'an event came afterwards',
        event && { bytes: event.body, at: event.at },
      )
    },
  ),
  eventRule(
    {
      name: 'event-content-type',
      severity: 'should',
      checks: 'events are EVENT/1.0 200 with application/hap+json',
      matters: 'strict controllers drop them',
    },
    ({ byOther: [event] }) => {
      if (event === undefined) throw new NotJudged('no event came')
      const type = event.headers.get('content-type') ?? ''
      return unless(
        event.status === 200 && type.startsWith('application/hap+json'),
        `${event.status} with "${type}"`,
        { at: event.at },
      )
    },
  ),
  {
    name: 'subscription-without-ev-refused',
    group: 'characteristics',
    severity: 'should',
    checks: 'a subscription to a characteristic without ev is refused with -70406',
    matters: 'a controller waits for events that never come',
    source: 'HAP-R2 table 6-11',
    needs: ['paired'],
    async judge(lab: Lab) {
      const characteristic = await characteristicIn(lab, 'accessoryInformation', 'name')
      if (characteristic.perms.includes('ev')) throw new NotJudged('Name has ev here')
      const answer = await put(await lab.session(), [{ characteristic, ev: true }])
      const status = writeStatus(answer, characteristic)
      return unless(status === -70406, `the status is ${status} (HTTP ${answer.status})`, {
        bytes: answer.body,
        at: answer.at,
      })
    },
  },
]
