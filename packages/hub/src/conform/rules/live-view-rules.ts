import { type LiveRule, liveRules } from '@hksv/media/live'

import { switchOn } from '../evidence/armed.ts'
import { camera, cameraCharacteristic } from '../evidence/database.ts'
import { type LiveEvidence, live } from '../evidence/live.ts'
import { put, writeStatus, writeValue } from '../evidence/requests.ts'
import { type ConformRule, type Fault, NotJudged, unless } from '../rule.ts'

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

/** A process that is kept from looking for longer than this sees bursts that were none. */
const LATE_MS = 10
/** Rules on when packets come. */
const TIMED: ReadonlySet<string> = new Set([
  'no-bursts',
  'timestamp-paced',
  'starts-in-time',
  'sender-reports',
])
const BLACK = 'the live view stays black'

function liveRule(words: Words, judge: (evidence: LiveEvidence) => Fault | undefined): ConformRule {
  return {
    group: 'live',
    needs: ['live'],
    ...words,
    judge: async lab => judge(await lab.get(live)),
  }
}

/** What users notice of each rule of a stream. */
const noticed: { readonly [rule in LiveRule]?: string } = {
  'srtp-authentic': BLACK,
  'rtp-readable': BLACK,
  'ssrc-announced': BLACK,
  'payload-type-negotiated': BLACK,
  'sequence-by-one': 'pictures are damaged, or freeze',
  'timestamp-forward': 'pictures jump',
  'timestamp-paced': 'the live view falls behind, and runs after',
  'datagram-in-mtu': 'the live view stays black in some networks',
  'no-bursts': 'pictures are damaged over Wi-Fi',
  'sender-reports': 'the live view is small and blurred',
  'parameter-sets-first': BLACK,
}

/** The live view. */
export const liveViewRules: readonly ConformRule[] = [
  {
    name: 'live-set-up',
    group: 'live',
    severity: 'must',
    checks: 'SetupEndpoints is written, and read on the same connection with status 0',
    matters: BLACK,
    source: 'HAP-R2 §9, Setup Endpoints',
    needs: ['live'],
    async judge(lab) {
      await lab.get(live)
      return undefined
    },
  },
  liveRule(
    {
      name: 'live-session-echoed',
      severity: 'must',
      checks: 'the answer of SetupEndpoints has the session id of the request',
      matters: BLACK,
      source: 'HAP-R2 §9, Setup Endpoints',
    },
    ({ response, sessionId, responseBytes }) =>
      unless(Buffer.compare(response.sessionId, sessionId) === 0, 'it has another', {
        bytes: responseBytes,
      }),
  ),
  liveRule(
    {
      name: 'live-address-given',
      severity: 'must',
      checks: 'the answer of SetupEndpoints has an address and ports',
      matters: BLACK,
      source: 'HAP-R2 §9, Setup Endpoints',
    },
    ({ response: { accessoryAddress }, responseBytes }) =>
      unless(
        (accessoryAddress?.videoPort ?? 0) > 0 && accessoryAddress?.address !== '',
        'they are missing',
        { bytes: responseBytes },
      ),
  ),
  liveRule(
    {
      name: 'live-ssrcs-differ',
      severity: 'must',
      checks: 'video and audio have SSRCs of their own',
      matters: 'the live view has no sound',
      source: 'RFC 3550 §8',
    },
    ({ response: { videoSsrc, audioSsrc }, responseBytes }) =>
      unless(audioSsrc !== undefined && videoSsrc !== audioSsrc, `${videoSsrc} and ${audioSsrc}`, {
        bytes: responseBytes,
      }),
  ),
  liveRule(
    {
      name: 'live-start-accepted',
      severity: 'must',
      checks: 'the start with an offered configuration is accepted',
      matters: BLACK,
      source: 'HAP-R2 §9, Selected RTP Stream Configuration',
    },
    ({ started, startStatus }) =>
      unless(startStatus === 0, `the status is ${startStatus} (HTTP ${started.status})`, {
        bytes: started.body,
        at: started.at,
      }),
  ),
  liveRule(
    {
      name: 'live-packets-come',
      severity: 'must',
      checks: 'packets come within 3 s of the start',
      matters: BLACK,
      source: 'HAP-R2 §9',
    },
    ({ packets }) => unless(packets > 0, 'none came'),
  ),
  liveRule(
    {
      name: 'live-starts-at-once',
      severity: 'should',
      checks: 'the first packet comes within 1 s of the start',
      matters: 'the live view takes long to open',
      source: 'observed: cameras with short key-frame intervals',
    },
    ({ firstPacketMs }) => {
      if (firstPacketMs === undefined) throw new NotJudged('no packet came')
      return unless(firstPacketMs <= 1000, `it took ${Math.round(firstPacketMs)} ms`)
    },
  ),
  ...(Object.keys(liveRules) as LiveRule[]).map(name => {
    const { level, says, source } = liveRules[name]
    const words = {
      name: `live-${name}`,
      severity: level,
      checks: says,
      matters: noticed[name] ?? 'pictures are damaged, or do not come',
      source,
    }
    return liveRule(words, ({ findings, packets, lateMs }) => {
      if (packets === 0) throw new NotJudged('no packet came')
      const found = findings.find(({ rule }) => rule === name)
      if (found !== undefined && TIMED.has(name) && lateMs > LATE_MS) {
        throw new NotJudged('this machine was too busy to tell')
      }
      return found && { text: `${found.detail} (${found.count} times)`, at: found.firstAt }
    })
  }),
  liveRule(
    {
      name: 'live-status-in-use',
      severity: 'should',
      checks: 'StreamingStatus is 1, in use, while somebody looks',
      matters: 'a second phone takes the stream away, or waits for nothing',
      source: 'HAP-R2 §9, Streaming Status',
    },
    ({ statusDuring }) => unless(statusDuring === 1, `it is ${statusDuring}`),
  ),
  liveRule(
    {
      name: 'live-second-told-busy',
      severity: 'must',
      checks: 'SetupEndpoints of a stream that is in use is answered with status 1, busy',
      matters: 'a second phone takes the stream of the first away',
      source: 'HAP-R2 §9, Setup Endpoints',
    },
    ({ secondStatus }) => unless(secondStatus === 1, `the status is ${secondStatus}`),
  ),
  liveRule(
    {
      name: 'live-unknown-session-refused',
      severity: 'should',
      checks: 'a start with a session id that nobody set up is refused',
      matters: 'phones wait for a stream that does not come',
      source: 'HAP-R2 §9, Selected RTP Stream Configuration',
    },
    ({ strangeStatus }) =>
      unless(strangeStatus !== undefined && strangeStatus !== 0, `the status is ${strangeStatus}`),
  ),
  liveRule(
    {
      name: 'live-end-stops',
      severity: 'must',
      checks: 'a second after the end no packet comes any more',
      matters: 'somebody who stopped looking is still sent pictures',
      source: 'HAP-R2 §9',
    },
    ({ packetsAfter }) => unless(packetsAfter === 0, `${packetsAfter} came`),
  ),
  liveRule(
    {
      name: 'live-end-frees',
      severity: 'must',
      checks: 'StreamingStatus is 0, available, after the end',
      matters: 'nobody can look any more until the camera is restarted',
      source: 'HAP-R2 §9, Streaming Status',
    },
    ({ statusAfter }) => unless(statusAfter === 0, `it is ${statusAfter}`),
  ),
  {
    name: 'live-refused-when-off',
    group: 'live',
    severity: 'must',
    checks:
      'with HomeKitCameraActive 0 SetupEndpoints is refused with -70412, or has a status other than 0',
    matters: 'a camera that is switched off still shows what goes on',
    source: 'Secure Video R2 §1; observed: HAP-NodeJS 1.2.0',
    needs: ['live'],
    async judge(lab) {
      const { streams } = await lab.get(camera)
      const characteristic = streams[0]?.characteristics.find(
        ({ name }) => name === 'setupEndpoints',
      )
      if (characteristic === undefined) throw new NotJudged('the camera has no SetupEndpoints')
      const session = await lab.session()
      try {
        await writeValue(session, await cameraCharacteristic(lab, 'mode', 'homeKitCameraActive'), 0)
        const answer = await put(session, [{ characteristic, value: '' }])
        const status = writeStatus(answer, characteristic)
        return unless(status !== 0, 'it is accepted', { bytes: answer.body, at: answer.at })
      } finally {
        if (!lab.signal.aborted) await switchOn(lab, session)
      }
    },
  },
]
