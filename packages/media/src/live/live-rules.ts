/**
 * What a live stream of a HomeKit camera has to keep to, by name. `must`: a viewer shows nothing, or damaged
 * pictures, otherwise; `should`: it looks worse, or works with some viewers only.
 */
export const liveRules: Readonly<Record<LiveRule, LiveRuleText>> = {
  'srtp-authentic': {
    level: 'must',
    says: 'every packet is protected with the key that was announced in SetupEndpoints, once',
    source: 'RFC 3711 §3.3',
  },
  'rtp-readable': {
    level: 'must',
    says: 'every packet is RTP version 2 or RTCP',
    source: 'RFC 3550 §5.1',
  },
  'ssrc-announced': {
    level: 'must',
    says: 'every packet carries the SSRC that the response of SetupEndpoints announced',
    source: 'HAP-R2, Setup Endpoints',
  },
  'payload-type-negotiated': {
    level: 'must',
    says: 'every packet carries the payload type that was selected',
    source: 'HAP-R2, Selected RTP Stream Configuration',
  },
  'sequence-by-one': {
    level: 'must',
    says: 'sequence numbers go up by one, across restarts of the encoder too',
    source: 'RFC 3550 §5.1, §A.1',
  },
  'no-loss': {
    level: 'should',
    says: 'every packet arrives; those that do not are mostly lost by the network, not by the camera',
    source: 'RFC 3550 §A.3',
  },
  'timestamp-forward': {
    level: 'must',
    says: 'timestamps never go back: a live view has no B frames',
    source: 'RFC 6184 §5.1; observed: pictures jump',
  },
  'timestamp-paced': {
    level: 'should',
    says: 'timestamps go with the clock: no more than a second away from when packets come',
    source: 'RFC 3550 §5.1',
  },
  'datagram-in-mtu': {
    level: 'must',
    says: 'no IP datagram is larger than the MTU that was negotiated',
    source: 'HAP-R2, Selected RTP Stream Configuration',
  },
  'no-bursts': {
    level: 'should',
    says: 'no more than 32 packets come within 2 ms: wireless links lose what comes in bursts',
    source: 'observed: damaged pictures over Wi-Fi',
  },
  'sender-reports': {
    level: 'should',
    says: 'a sender report comes at least every three negotiated intervals: without them a hub asks for small pictures',
    source: 'RFC 3550 §6.2; observed: iOS',
  },
  'starts-in-time': {
    level: 'should',
    says: 'the first packet comes within 500 ms of the start',
    source: 'observed: people wait for the picture',
  },
  'starts-with-key-frame': {
    level: 'must',
    says: 'the first picture is an IDR picture',
    source: 'ITU-T H.264 §7.4.1.2.1',
  },
  'marker-ends-picture': {
    level: 'must',
    says: 'the last packet of each picture, and no other, has the marker',
    source: 'RFC 6184 §5.1',
  },
  'parameter-sets-first': {
    level: 'must',
    says: 'parameter sets stand before every IDR picture',
    source: 'RFC 6184 §8.4; observed: iOS shows nothing',
  },
}

/** A name in {@link liveRules}. */
export type LiveRule =
  | 'srtp-authentic'
  | 'rtp-readable'
  | 'ssrc-announced'
  | 'payload-type-negotiated'
  | 'sequence-by-one'
  | 'no-loss'
  | 'timestamp-forward'
  | 'timestamp-paced'
  | 'datagram-in-mtu'
  | 'no-bursts'
  | 'sender-reports'
  | 'starts-in-time'
  | 'starts-with-key-frame'
  | 'marker-ends-picture'
  | 'parameter-sets-first'

/** What is known of a rule. */
export interface LiveRuleText {
  readonly level: 'must' | 'should'
  readonly says: string
  readonly source: string
}

/** How a stream broke a rule. */
export interface LiveFinding {
  readonly rule: LiveRule
  /** How often. */
  readonly count: number
  /** Of the first time, in ms as `now` was told. */
  readonly firstAt: number
  /** What was found the first time. */
  readonly detail: string
}

/** Collects how rules were broken: one finding a rule. */
export class LiveFindings {
  readonly #findings = new Map<LiveRule, LiveFinding>()

  /** Notes that a rule was broken; `detail` counts the first time only. */
  add(rule: LiveRule, detail: string, now: number): void {
    const known = this.#findings.get(rule)
    const count = (known?.count ?? 0) + 1
    this.#findings.set(rule, known ? { ...known, count } : { rule, count, firstAt: now, detail })
  }

  list(): LiveFinding[] {
    return [...this.#findings.values()]
  }
}
