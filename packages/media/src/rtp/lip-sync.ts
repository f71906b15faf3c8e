import { RtpClock } from './rtp-clock.ts'

/** NTP counts from 1900. */
const ntpUnixSeconds = 2_208_988_800
/** Up to this the sound is moved at once, in steps nobody hears; by more at the next key frame. */
const smallMs = 20
/** Streams further apart than this have unrelated clocks. */
const maxOffsetMs = 10_000
/** Reports of both tracks that are further apart are not compared: clocks drift. Cameras send them every few seconds. */
const maxReportsApartMs = 60_000
/** A difference between the place of a first packet in RTP-Info and its arrival that cannot be. */
const maxInfoMs = 2000

/** One track of a {@link LipSync}: makes times of its RTP timestamps. */
export class TrackClock {
  readonly #clock: RtpClock
  readonly #sync: LipSync
  readonly #rtpInfoTime: number | undefined
  /** Where the time 0 of the clock is on the common timeline; undefined before the first packet. */
  #shiftMs: number | undefined
  /** The same, by the sender's wall clock. */
  #wallShiftMs: number | undefined
  /** The last sender report. */
  #report: { readonly wallMs: number; readonly timestamp: number } | undefined

  constructor(sync: LipSync, rate: number, rtpInfoTime?: number) {
    this.#sync = sync
    this.#clock = new RtpClock(rate)
    this.#rtpInfoTime = rtpInfoTime
  }

  /** Units a second of the timestamps. */
  get rate(): number {
    return this.#clock.rate
  }

  /** How often the sender was found to have set its clock. */
  get epochs(): number {
    return this.#clock.epochs
  }

  /** Where the time 0 of this track is on the common timeline. */
  get shiftMs(): number {
    return this.#shiftMs ?? 0
  }

  set shiftMs(shift: number) {
    this.#shiftMs = shift
  }

  /** Where it is by the sender's wall clock, in ms since 1970; known from its reports. */
  get wallShiftMs(): number | undefined {
    return this.#wallShiftMs
  }

  /** The sender's wall clock in its last report, in ms since 1970. */
  get reportedMs(): number | undefined {
    return this.#report?.wallMs
  }

  /** @returns The time of a packet since the first one of this track, in units of the rate. */
  advance(timestamp: number, now: number): number {
    const { epochs } = this.#clock
    const time = this.#clock.advance(timestamp, now)
    if (this.#shiftMs === undefined) {
      this.#shiftMs = this.#sync.anchor(now, this.#infoMs(timestamp))
      if (this.#report !== undefined) this.#follow(this.#report)
    }
    if (this.#clock.epochs !== epochs) this.#forgetReports()
    return time
  }

  /** The next timestamp belongs to another stream. */
  restart(): void {
    this.#clock.restart()
    this.#forgetReports()
  }

  /**
   * Takes a sender report: the timestamp of a moment of the sender's wall clock. Ignored when the wall
   * clock stands at 0, or two reports give the timestamps another rate than they have.
   */
  senderReport(report: { ntpSeconds: number; ntpFraction: number; timestamp: number }): void {
    if (report.ntpSeconds === 0) return
    const wallMs = (report.ntpSeconds - ntpUnixSeconds + report.ntpFraction / 2 ** 32) * 1000
    const before = this.#report
    this.#report = { wallMs, timestamp: report.timestamp }
    if (before !== undefined && !this.#isRateRight(before, this.#report)) {
      this.#sync.wallClockSet()
      return
    }
    this.#follow(this.#report)
  }

  /** What was known of the sender's wall clock does not hold any more. */
  forgetWallClock(): void {
    this.#wallShiftMs = undefined
  }

  #follow({ wallMs, timestamp }: { wallMs: number; timestamp: number }): void {
    const time = this.#clock.timeOf(timestamp)
    if (time === undefined) return
    this.#wallShiftMs = wallMs - (time * 1000) / this.rate
    this.#sync.compare()
  }

  #isRateRight(
    before: { wallMs: number; timestamp: number },
    after: { wallMs: number; timestamp: number },
  ): boolean {
    const wallMs = after.wallMs - before.wallMs
    const trackMs = (((after.timestamp - before.timestamp) | 0) * 1000) / this.rate
    // 20 ms: reports in quick succession are not as exact as 1 %.
    return Math.abs(wallMs - trackMs) <= Math.max(smallMs, Math.abs(wallMs) / 100)
  }

  /** @returns How long after the moment of RTP-Info the first packet is, if that can be. */
  #infoMs(timestamp: number): number | undefined {
    if (this.#rtpInfoTime === undefined) return undefined
    const ms = (((timestamp - this.#rtpInfoTime) | 0) * 1000) / this.rate
    return Math.abs(ms) <= maxInfoMs ? ms : undefined
  }

  #forgetReports(): void {
    this.#report = undefined
    this.#wallShiftMs = undefined
  }
}

/**
 * Puts the video and the audio of one sender on a common timeline. It begins with RTP-Info of both, or
 * else with the arrival of their first packets, and follows sender reports when both tracks have them:
 * differences up to 20 ms at once, larger ones at the next key frame, more than 10 s never. When reports stop, or
 * contradict each other, what is in sync stays as it is.
 */
export class LipSync {
  #video: TrackClock | undefined
  #audio: TrackClock | undefined
  /** The first packet of all: when it came, and where it is on the timeline. */
  #first: { readonly now: number; readonly infoMs: number | undefined } | undefined
  #pendingMs: number | undefined

  /**
   * Adds a track; one of each kind.
   * @param rtpInfoTime - `rtptime` of the track in RTP-Info; leave it out when the answer has none.
   */
  track(kind: 'video' | 'audio', rate: number, rtpInfoTime?: number): TrackClock {
    const clock = new TrackClock(this, rate, rtpInfoTime)
    if (kind === 'video') this.#video = clock
    else this.#audio = clock
    return clock
  }

  /** @returns Where the first packet of a track is on the common timeline. */
  anchor(now: number, infoMs: number | undefined): number {
    this.#first ??= { now, infoMs }
    const first = this.#first
    const arrivalMs = (first.infoMs ?? 0) + now - first.now
    if (infoMs === undefined || first.infoMs === undefined) return arrivalMs
    return Math.abs(infoMs - arrivalMs) <= maxInfoMs ? infoMs : arrivalMs
  }

  /** Compares the wall clocks of both tracks, after a sender report. */
  compare(): void {
    const [video, audio] = [this.#video, this.#audio]
    this.#pendingMs = undefined
    if (video?.wallShiftMs === undefined || audio?.wallShiftMs === undefined) return
    const apartMs = (video.reportedMs ?? 0) - (audio.reportedMs ?? 0)
    if (Math.abs(apartMs) > maxReportsApartMs) return
    const wantedMs = video.shiftMs + audio.wallShiftMs - video.wallShiftMs
    const offMs = wantedMs - audio.shiftMs
    if (Math.abs(offMs) <= smallMs) audio.shiftMs = wantedMs
    else if (Math.abs(offMs) <= maxOffsetMs) this.#pendingMs = wantedMs
  }

  /**
   * A report contradicts the one before. A wall clock that was set is that of both tracks: the other one
   * must not be compared by what it said before, if it never reports again.
   */
  wallClockSet(): void {
    this.#video?.forgetWallClock()
    this.#audio?.forgetWallClock()
    this.#pendingMs = undefined
  }

  /** A key frame of the video begins: time for a correction that is waiting. */
  keyFrame(): void {
    if (this.#pendingMs === undefined || this.#audio === undefined) return
    this.#audio.shiftMs = this.#pendingMs
    this.#pendingMs = undefined
  }
}
