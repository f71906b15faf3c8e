import { openStatus } from '../evidence/streams.ts'
import { type ConformRule, firstFault, NotJudged, unless } from '../rule.ts'
import { place, recordingRule } from './recording-rule.ts'

/** How a recording ends, and what others are told meanwhile. */
export const recordingEndRules: readonly ConformRule[] = [
  recordingRule(
    {
      name: 'camera-does-not-end-it',
      severity: 'should',
      checks: 'the camera goes on until the hub closes, at least for the first seconds',
      matters: 'clips are cut off: hubs judge themselves when it is over',
      source: 'observed: Apple home hub, HomeLens',
    },
    ({ endedBy, messages }) => {
      const last = messages.at(-1)
      return unless(
        endedBy === 'hub',
        `the ${endedBy} ended it`,
        last && { bytes: last.head, at: last.at },
      )
    },
  ),
  recordingRule(
    {
      name: 'no-end-before-the-end',
      severity: 'must',
      checks: 'endOfStream is true with nothing but the last chunk of the last fragment',
      matters: 'the hub takes the clip for complete',
      source: 'observed: HAP-NodeJS 1.2.0',
    },
    ({ chunks }) =>
      firstFault(chunks.slice(0, -1), chunk =>
        unless(chunk.endOfStream !== true, place(chunk), { bytes: chunk.head, at: chunk.at }),
      ),
  ),
  recordingRule(
    {
      name: 'close-stops-media',
      severity: 'must',
      checks: 'within 1 s of the hub’s close nothing more comes',
      matters: 'the network and the camera work for nobody',
      source: 'Secure Video R2 §4.3',
    },
    ({ afterClose, moments, endedBy }) => {
      if (endedBy !== 'hub') throw new NotJudged('the recording was over before')
      const late = afterClose.find(
        ({ at, header }) => header.topic === 'data' && at > moments.close + 1000,
      )
      return unless(
        late === undefined,
        'data came later',
        late && { bytes: late.head, at: late.at },
      )
    },
  ),
  recordingRule(
    {
      name: 'close-not-answered',
      severity: 'should',
      checks: 'a close is not answered with a close',
      matters: 'hubs log failures of recordings that went well',
      source: 'observed: Apple home hub',
    },
    ({ afterClose, endedBy }) => {
      const close =
        endedBy === 'hub' ? afterClose.find(({ header }) => header.topic === 'close') : undefined
      return unless(
        close === undefined,
        'a close came back',
        close && { bytes: close.head, at: close.at },
      )
    },
  ),
  recordingRule(
    {
      name: 'second-opening-answered',
      severity: 'should',
      checks: 'a second opening on the connection of a recording is answered',
      matters: 'the hub waits 5 s and gives up on both',
      source: 'HAP-R2; observed: cameras',
    },
    ({ secondSame, endedBy }) => {
      if (endedBy !== 'hub') throw new NotJudged('the recording was over before')
      return unless(secondSame !== undefined, 'no answer came in 1.5 s')
    },
  ),
  recordingRule(
    {
      name: 'second-hub-told-busy',
      severity: 'must',
      checks: 'a second hub that opens meanwhile is refused with status 6 and Busy (2)',
      matters: 'two hubs share the fragments of one clip, and both are broken',
      source: 'observed: HAP-NodeJS 1.2.0, Apple home hub',
    },
    ({ secondOther, endedBy }) => {
      if (endedBy !== 'hub') throw new NotJudged('the recording was over before')
      if (secondOther === undefined) return { text: 'no answer came' }
      const { status, reason } = openStatus(secondOther)
      return unless(status === 6 && reason === 2, `status ${status}, reason ${String(reason)}`, {
        bytes: secondOther.head,
        at: secondOther.at,
      })
    },
  ),
  recordingRule(
    {
      name: 'headers-by-one-rule',
      severity: 'should',
      checks: 'headers can be read by the rule of back references that Apple’s devices follow',
      matters: 'one answer in many is not understood',
      source: 'observed: Apple companion protocol, pyatv',
    },
    ({ messages }) => {
      const odd = messages.find(each => each.isByHapNodeJs)
      return unless(
        odd === undefined,
        'a header makes sense by another rule only',
        odd && { bytes: odd.head, at: odd.at },
      )
    },
  ),
]
