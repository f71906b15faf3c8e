import { armed } from '../evidence/armed.ts'
import { motionSeen } from '../evidence/motion.ts'
import { opening } from '../evidence/opening.ts'
import { openStatus } from '../evidence/streams.ts'
import { type ConformRule, firstFault, NotJudged, unless } from '../rule.ts'
import { arrival, HUBS, LOST, media, place, recordingRule, SPEC } from './recording-rule.ts'

/** When a recording begins, and how it goes on. */
export const recordingRules: readonly ConformRule[] = [
  {
    name: 'motion-is-reported',
    group: 'recording',
    severity: 'must',
    checks: 'motion reaches a hub that subscribed to MotionDetected, as an event',
    matters: 'nothing is ever recorded',
    source: 'Secure Video R2 §6',
    needs: ['recording'],
    async judge(lab) {
      const { trigger, at, by } = await lab.get(motionSeen)
      if (by === 'before') throw new NotJudged('something moved before the trigger')
      if (by === 'read') return { text: 'MotionDetected is true, and no event came', at }
      if (lab.options.trigger === undefined) return undefined
      const delay = at - trigger
      return unless(delay <= 3000, `it came ${Math.round(delay)} ms after the trigger`, { at })
    },
  },
  {
    name: 'open-accepted',
    group: 'recording',
    severity: 'must',
    checks: 'dataSend/open for ipcamera.recording is accepted with status 0 by an armed camera',
    matters: LOST,
    source: 'Secure Video R2 §4.1',
    needs: ['recording'],
    async judge(lab) {
      const { answer } = await lab.get(opening)
      const { status, reason } = openStatus(answer)
      return unless(status === 0, `the status is ${status}, with ${String(reason)}`, {
        bytes: answer.head,
        at: answer.at,
      })
    },
  },
  recordingRule(
    {
      name: 'open-answer-has-status',
      severity: 'should',
      checks: 'the message of the answer holds status 0 as well',
      matters: 'hubs that look there give up',
      source: 'Secure Video R2 §4.1',
    },
    ({ answer }) => {
      const { reason } = openStatus(answer)
      return unless(reason === 0, `it holds ${String(reason)}`, {
        bytes: answer.head,
        at: answer.at,
      })
    },
  ),
  recordingRule(
    {
      name: 'open-answered-in-time',
      severity: 'must',
      checks: 'the opening is answered within 5 s',
      matters: LOST,
      source: HUBS,
    },
    ({ moments: { open, opened } }) =>
      unless(opened - open <= 5000, `it took ${Math.round(opened - open)} ms`, { at: opened }),
  ),
  recordingRule(
    {
      name: 'recording-has-media',
      severity: 'must',
      checks: 'an initialization and at least one fragment come',
      matters: LOST,
      source: SPEC,
    },
    ({ fragments, endedBy }) =>
      unless(fragments.length >= 2, `${fragments.length} came, ended by the ${endedBy}`),
  ),
  recordingRule(
    {
      name: 'init-within-a-second',
      severity: 'should',
      checks: 'the initialization comes within 1 s of the opening',
      matters: 'hubs give up when the network is slow as well',
      source: HUBS,
    },
    ({ fragments: [init], moments: { opened } }) => {
      if (init === undefined) throw new NotJudged('nothing came')
      return unless(
        arrival(init) - opened <= 1000,
        `it took ${Math.round(arrival(init) - opened)} ms`,
        { at: arrival(init) },
      )
    },
  ),
  recordingRule(
    {
      name: 'first-fragment-in-time',
      severity: 'must',
      checks: 'the first fragment comes within 5 s of the opening: it is in the prebuffer',
      matters: 'the hub closes with Timeout (6), and the clip is lost',
      source: 'observed: Apple home hub, homebridge-eufy',
    },
    evidence => {
      const ms = arrival(media(evidence)[0]) - evidence.moments.opened
      return unless(ms <= 5000, `it took ${Math.round(ms)} ms`, { at: arrival(media(evidence)[0]) })
    },
  ),
  recordingRule(
    {
      name: 'first-fragment-at-once',
      severity: 'should',
      checks: 'the first fragment comes within 1 s of the opening',
      matters: 'clips are cut off when the network is slow as well',
      source: HUBS,
    },
    evidence => {
      const ms = arrival(media(evidence)[0]) - evidence.moments.opened
      return unless(ms <= 1000, `it took ${Math.round(ms)} ms`, { at: arrival(media(evidence)[0]) })
    },
  ),
  recordingRule(
    {
      name: 'media-keeps-coming',
      severity: 'must',
      checks: 'no more than 8 s pass between two chunks',
      matters: 'the hub closes with Timeout (6), and the clip ends early',
      source: 'observed: Apple home hub, nest-accfactory',
    },
    ({ chunks }) => {
      const gaps = chunks
        .slice(1)
        .map((chunk, i) => ({ chunk, ms: chunk.at - (chunks[i]?.at ?? 0) }))
      return firstFault(gaps, ({ chunk, ms }) =>
        unless(ms <= 8000, `${Math.round(ms)} ms before ${place(chunk)}`, { at: chunk.at }),
      )
    },
  ),
  recordingRule(
    {
      name: 'media-keeps-pace',
      severity: 'should',
      checks: 'live fragments come as fast as they pass: no more than 5 % slower',
      matters: 'long clips fall behind and are discarded',
      source: 'observed: clips of slow encoders are discarded',
    },
    evidence => {
      const live = media(evidence).slice(1)
      const [first] = live
      const last = live.at(-1)
      if (first === undefined || last === undefined || live.length < 2)
        throw new NotJudged('too few fragments came')
      const wallMs = arrival(last) - arrival(first)
      const mediaMs = live.slice(1).reduce((sum, each) => sum + each.durationMs, 0)
      return unless(
        wallMs <= mediaMs * 1.05 + 500,
        `${Math.round(wallMs)} ms for ${Math.round(mediaMs)} ms of video`,
      )
    },
  ),
  recordingRule(
    {
      name: 'prebuffer-as-selected',
      severity: 'should',
      checks:
        'the recording begins at least as long before its opening as the selected prebuffer, less one fragment',
      matters: 'clips begin after what caused them has passed',
      source: 'Secure Video R2 §3.8, §6',
    },
    async (evidence, lab) => {
      const { general } = (await lab.get(armed)).selected
      const wanted = general.prebufferLengthMs - general.mediaContainer.parameters.fragmentLengthMs
      const begins = media(evidence).map(each => arrival(each) - each.startMs - each.durationMs)
      const beforeMs = evidence.moments.opened - Math.min(...begins)
      return unless(
        beforeMs >= Math.max(0, wanted) - 500,
        `it begins ${Math.round(beforeMs)} ms before`,
      )
    },
  ),
  recordingRule(
    {
      name: 'prebuffer-not-longer',
      severity: 'should',
      checks: 'no more than the selected prebuffer and two fragments are sent in the first second',
      matters: 'hubs end recordings that bring too much of the past',
      source: 'observed: Scrypted, Apple home hub',
    },
    async (evidence, lab) => {
      const { general } = (await lab.get(armed)).selected
      const most =
        general.prebufferLengthMs + 2 * general.mediaContainer.parameters.fragmentLengthMs
      const early = media(evidence).filter(each => arrival(each) - evidence.moments.opened <= 1000)
      const ms = early.reduce((sum, each) => sum + each.durationMs, 0)
      return unless(ms <= most + 200, `${Math.round(ms)} ms of video`)
    },
  ),
]
