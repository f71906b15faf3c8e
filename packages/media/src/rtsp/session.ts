import { isMediaError, MediaError, type MediaErrorCode } from '../errors.ts'
import { ChannelMap } from './channel-map.ts'
import { Keepalive } from './keepalive.ts'
import { type RtspItem, type RtspResponse, type RtspServerRequest, sequenceOf } from './message.ts'
import { RtspReader } from './message-reader.ts'
import { type Plan, planOf } from './plan.ts'
import {
  isRedirect,
  isSuccess,
  refusal,
  SESSION_NOT_FOUND,
  UNSUPPORTED_TRANSPORT,
} from './refusal.ts'
import { encodeAnswer } from './request.ts'
import { type Exchange, type Question, Requester } from './requester.ts'
import { Route } from './route.ts'
import { deadlineOf, rtcpFrames, type State } from './session-state.ts'
import {
  type RtspCommand,
  type RtspEvent,
  type RtspSessionOptions,
  withDefaults,
} from './session-types.ts'
import { type RtspInput, rtspTransitions } from './transitions.ts'
import {
  chosenTransport,
  rtpInfo,
  type TrackTransport,
  transportHeader,
  type WantedTransport,
} from './transport.ts'
import { TransportOrder } from './transport-order.ts'

type In<At extends State['at']> = Extract<State, { at: At }>

/** Bytes of packets before the answer to PLAY. */
const MAX_HELD = 512 * 1024
const GOODBYE_MS = 1000

/**
 * Talks to one camera: from OPTIONS over DESCRIBE, SETUP and PLAY to TEARDOWN. It owns no socket, timer or clock.
 *
 * 1. Connect to the address, then `send` `connected`. On the event `connect`, do it again with the address there.
 * 2. `receive` what comes over the connection; `send` `disconnected` when it ends.
 * 3. `take` after each call, until nothing comes: bytes for the connection.
 * 4. `tick` at `deadline`.
 * 5. On `bind`, bind two ports and `send` `ports`; each packet that comes there is a `datagram`.
 * 6. `send` `play` after `ready`, `close` when it is enough.
 * 7. After `closed` and `failed` write what `take` yields, and close the connection.
 */
export class RtspSession {
  readonly #options: Required<RtspSessionOptions>
  readonly #route: Route
  #requester: Requester
  #reader: RtspReader
  #state: State
  #events: RtspEvent[] = []
  readonly #transport: TransportOrder
  #isChallenged = false
  readonly #keepalive = new Keepalive()
  readonly #channels = new ChannelMap()

  constructor(options: RtspSessionOptions, now: number) {
    this.#options = withDefaults(options)
    this.#route = new Route(options.address)
    const only = options.address.transport
    this.#transport = new TransportOrder(only ?? this.#options.transport, only !== undefined)
    this.#requester = new Requester(options.address, options.random)
    this.#reader = new RtspReader({ source: options.address.url })
    this.#state = { at: 'connecting', deadline: now + this.#options.connectTimeoutMs }
  }

  /** Takes bytes of the camera. The packets that come out are views of them. */
  receive(bytes: Uint8Array, now: number): RtspEvent[] {
    const reader = this.#reader
    if (this.#state.at === 'over') return []
    return this.#run(() => {
      for (const item of reader.receive(bytes)) {
        // What follows a redirect belongs to nobody.
        if (this.#reader !== reader || this.#state.at === 'over') return
        this.#take(item, now)
      }
    })
  }

  /**
   * Takes what happened, or a wish.
   * @throws TypeError for what the state does not allow.
   */
  send(command: RtspCommand, now: number): RtspEvent[] {
    if (command.type === 'datagram') {
      this.#packet(command.track * 2 + (command.isRtcp ? 1 : 0), command.bytes, now)
      return this.#taken()
    }
    return this.#run(() => {
      // The camera can have ended it a moment ago.
      if (this.#state.at !== 'over') this.#obey(command, now)
    })
  }

  #obey(command: RtspCommand, now: number): void {
    const state = this.#state
    if (command.type === 'disconnected') this.#disconnected(now)
    else if (command.type === 'close') this.#close(now)
    else if (command.type === 'rtcp')
      this.#requester.outbox.push(...rtcpFrames(state, command.track, command.bytes))
    else if (command.type === 'connected' && state.at === 'connecting')
      this.#move('connected', {
        at: 'options',
        ...this.#ask({ method: 'OPTIONS', uri: this.#url }, now),
      })
    else if (command.type === 'ports' && state.at === 'binding')
      this.#setUp('ports', state.plan, { ...command, type: 'udp' }, now)
    else if (command.type === 'play' && state.at === 'ready') this.#play(state.plan, now)
    else throw new TypeError(`${command.type} while the session is ${state.at}`)
  }

  /** @returns The next bytes for the connection. */
  take(): Uint8Array | undefined {
    return this.#requester.outbox.shift()
  }

  /** @returns When {@link RtspSession.tick} is due. */
  deadline(): number | undefined {
    return deadlineOf(this.#state)
  }

  /** Lets time pass. */
  tick(now: number): RtspEvent[] {
    return this.#run(() => {
      const state = this.#state
      if (now < (deadlineOf(state) ?? Number.POSITIVE_INFINITY)) return
      if (state.at === 'closing') this.#end()
      else if (state.at === 'connecting')
        this.#fail('MEDIA_RTSP_UNREACHABLE', 'nothing answers there')
      else if (state.at === 'playing') {
        if (now >= state.silentAt) this.#fail('MEDIA_RTSP_TIMEOUT', 'no pictures come any more')
        else this.#keepAlive(state, now)
      } else if ('exchange' in state && state.exchange !== undefined)
        this.#fail('MEDIA_RTSP_TIMEOUT', `it says nothing to ${state.exchange.question.method}`)
    })
  }

  #run(action: () => void): RtspEvent[] {
    try {
      action()
    } catch (error) {
      if (!isMediaError(error)) throw error
      this.#failWith(error)
    }
    return this.#taken()
  }

  #taken(): RtspEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #move(input: RtspInput, state: State): void {
    const from = this.#state.at
    if (rtspTransitions[from][input] !== state.at)
      throw new TypeError(`${input} leads from ${from} to ${state.at}`)
    this.#state = state
  }

  #take(item: RtspItem, now: number): void {
    if (item.type === 'frame') {
      const place = this.#channels.placeOf(item.channel)
      if (place !== undefined) this.#packet(place, item.bytes, now)
    } else if (item.type === 'request') this.#answer(item)
    else this.#answered(item, now)
  }

  #packet(place: number, bytes: Uint8Array, now: number): void {
    const state = this.#state
    if (state.at !== 'playing' && state.at !== 'play') return
    const isRtcp = (place & 1) === 1
    const event: RtspEvent = { type: 'packet', track: place >>> 1, isRtcp, bytes }
    if (state.at === 'playing') {
      if (!isRtcp) state.silentAt = Math.max(state.silentAt, now + this.#options.silenceMs)
      this.#events.push(event)
    } else if (state.heldLength + bytes.length <= MAX_HELD) {
      state.heldLength += bytes.length
      state.held.push({ ...event, bytes: new Uint8Array(bytes) })
    }
  }

  get #url(): string {
    return this.#route.address.url
  }

  #answer(request: RtspServerRequest): void {
    this.#requester.outbox.push(encodeAnswer(sequenceOf(request)))
    const { method } = request
    if (method !== 'TEARDOWN' && method !== 'REDIRECT') return
    if (this.#state.at === 'closing') this.#end()
    else this.#fail('MEDIA_RTSP_ENDED', `it sent ${method}`)
  }

  #answered(answer: RtspResponse, now: number): void {
    const state = this.#state
    if (!('exchange' in state) || state.exchange === undefined || answer.status < 200) return
    // One without a number can only be the answer to the last question.
    if ((sequenceOf(answer) ?? state.exchange.sequence) !== state.exchange.sequence) return
    if (state.at === 'closing' && answer.status !== 401) {
      this.#end()
      return
    }
    const again = this.#requester.answered(state.exchange, answer)
    if (again !== undefined) {
      this.#isChallenged = true
      const deadline = now + this.#options.answerTimeoutMs
      this.#move(
        'challenge',
        state.at === 'playing'
          ? { ...state, exchange: again }
          : { ...state, exchange: again, deadline },
      )
      return
    }
    const isMovable = state.at === 'options' || state.at === 'describe'
    if (isMovable && isRedirect(answer)) this.#redirect(answer, now)
    else if (state.at === 'options') this.#offered(answer, now)
    else if (state.at === 'describe') this.#described(answer, state.exchange, now)
    else if (state.at === 'setup') this.#chosen(answer, state, now)
    else if (state.at === 'play') this.#started(answer, state, now)
    else if (state.at === 'playing') this.#keptAlive(answer, state)
  }

  #offered(answer: RtspResponse, now: number): void {
    // Cameras that refuse even this are asked all the same.
    this.#keepalive.offered(answer)
    const headers = [['Accept', 'application/sdp']] as const
    const question = { method: 'DESCRIBE', uri: this.#url, headers }
    this.#move('answered', { at: 'describe', ...this.#ask(question, now) })
  }

  #described(answer: RtspResponse, { question }: Exchange, now: number): void {
    if (!isSuccess(answer)) throw refusal(this.#url, question, answer)
    this.#nextTrack(planOf(answer, this.#url, this.#options.hasAudio), now)
  }

  /** Goes on with the first track that is not set up. */
  #nextTrack(plan: Plan, now: number): void {
    const index = plan.tracks.length
    if (plan.described[index] === undefined) {
      this.#move('all tracks', { at: 'ready', plan })
      this.#events.push({ type: 'ready', tracks: plan.tracks })
    } else if (this.#transport.current === 'tcp')
      this.#setUp('track over TCP', plan, { type: 'tcp', channel: 2 * index }, now)
    else {
      this.#move('track over UDP', { at: 'binding', plan })
      this.#events.push({ type: 'bind', track: index })
    }
  }

  #setUp(input: RtspInput, plan: Plan, wanted: WantedTransport, now: number): void {
    const uri = plan.described[plan.tracks.length]?.url ?? this.#url
    const headers = [['Transport', transportHeader(wanted)]] as const
    const asked = this.#ask({ method: 'SETUP', uri, headers }, now)
    this.#move(input, { at: 'setup', plan, wanted, ...asked })
  }

  #chosen(answer: RtspResponse, { plan, wanted, exchange }: In<'setup'>, now: number): void {
    const index = plan.tracks.length
    const described = plan.described[index]
    const transport = isSuccess(answer) ? chosenTransport(answer, wanted) : undefined
    if (isSuccess(answer)) this.#requester.joined(answer)
    if (transport !== undefined && described !== undefined && this.#join(index, transport)) {
      const { url: _, ...track } = described
      plan.tracks.push({ ...track, transport })
      this.#nextTrack(plan, now)
      return
    }
    const isOtherWay = isSuccess(answer) || answer.status === UNSUPPORTED_TRANSPORT
    if (isOtherWay && index === 0 && this.#transport.change(this.#route.address.isSecure)) {
      this.#nextTrack(plan, now)
      return
    }
    // Pictures without sound are better than nothing.
    if (index > 0) this.#nextTrack({ ...plan, described: plan.described.slice(0, index) }, now)
    else if (isSuccess(answer)) this.#fail('MEDIA_RTSP_REFUSED', 'it chose another transport')
    else throw refusal(this.#url, exchange.question, answer)
  }

  /** @returns Whether packets of the track can be told from others. */
  #join(track: number, transport: TrackTransport): boolean {
    if (transport.type === 'udp') return true
    if (!this.#channels.add(track, transport)) return false
    this.#reader.channels.add(transport.channel).add(transport.rtcpChannel)
    return true
  }

  #play(plan: Plan, now: number): void {
    const headers = [['Range', 'npt=0.000-']] as const
    const asked = this.#ask({ method: 'PLAY', uri: plan.aggregateUrl, headers }, now)
    this.#move('play', { at: 'play', plan, ...asked, held: [], heldLength: 0 })
  }

  #started(answer: RtspResponse, state: In<'play'>, now: number): void {
    const { plan, exchange, held } = state
    if (!isSuccess(answer)) throw refusal(this.#url, exchange.question, answer)
    const infos = rtpInfo(
      answer,
      plan.tracks.map((_, i) => plan.described[i]?.url ?? ''),
    )
    const tracks = plan.tracks.map((track, i) => ({ ...track, rtpInfo: infos[i] ?? {} }))
    const silentAt = now + this.#options.firstPacketMs
    const keepaliveAt = this.#keepalive.after(now, this.#requester.session)
    this.#move('answered', { at: 'playing', plan, exchange: undefined, keepaliveAt, silentAt })
    this.#events.push({ type: 'playing', tracks }, ...held)
  }

  /** One that is not answered is no fault: some cameras do not, while they send pictures. */
  #keepAlive(state: In<'playing'>, now: number): void {
    const { method } = this.#keepalive
    if (method === undefined) return
    const exchange = this.#requester.ask({ method, uri: state.plan.aggregateUrl })
    this.#move('keepalive', {
      ...state,
      exchange,
      keepaliveAt: this.#keepalive.after(now, this.#requester.session),
    })
  }

  #keptAlive(answer: RtspResponse, state: In<'playing'>): void {
    if (answer.status === SESSION_NOT_FOUND) {
      this.#fail('MEDIA_RTSP_ENDED', 'it has forgotten the session')
      return
    }
    this.#keepalive.answered(answer)
    const isOver = this.#keepalive.method === undefined
    const keepaliveAt = isOver ? Number.POSITIVE_INFINITY : state.keepaliveAt
    this.#move('answered', { ...state, exchange: undefined, keepaliveAt })
  }

  #redirect(answer: RtspResponse, now: number): void {
    this.#route.redirect(answer)
    this.#requester = new Requester(this.#route.address, this.#options.random)
    this.#connect('redirect', now)
  }

  #connect(input: RtspInput, now: number): void {
    const { address } = this.#route
    this.#requester.outbox.length = 0
    this.#reader = new RtspReader({ source: address.url })
    const deadline = now + this.#options.connectTimeoutMs
    this.#move(input, { at: 'connecting', deadline })
    this.#events.push({ type: 'connect', address })
  }

  #disconnected(now: number): void {
    const state = this.#state
    if (state.at === 'closing') this.#end()
    else if (state.at === 'connecting')
      this.#fail('MEDIA_RTSP_UNREACHABLE', 'the connection failed')
    else if (
      this.#isChallenged &&
      'exchange' in state &&
      !('plan' in state) &&
      this.#route.reconnect()
    )
      this.#connect('reconnect', now)
    else this.#fail('MEDIA_RTSP_ENDED', 'it closed the connection')
  }

  #close(now: number): void {
    const state = this.#state
    if (state.at === 'closing') return
    if (!('plan' in state) || this.#requester.session === undefined) {
      this.#end()
      return
    }
    const exchange = this.#requester.ask({ method: 'TEARDOWN', uri: state.plan.aggregateUrl })
    this.#move('close', { at: 'closing', exchange, deadline: now + GOODBYE_MS })
  }

  #ask(question: Question, now: number): { exchange: Exchange; deadline: number } {
    return {
      exchange: this.#requester.ask(question),
      deadline: now + this.#options.answerTimeoutMs,
    }
  }

  #end(): void {
    this.#move('closed', { at: 'over' })
    this.#events.push({ type: 'closed' })
  }

  #fail(code: MediaErrorCode, detail: string): void {
    this.#failWith(new MediaError(code, { source: this.#url, detail }))
  }

  #failWith(error: MediaError): void {
    const state = this.#state
    if (state.at === 'closing') {
      this.#end()
      return
    }
    // Cameras have few places; one that still understands us hears that ours is free.
    const isHeard = error.code !== 'MEDIA_RTSP_PROTOCOL' && error.code !== 'MEDIA_RTSP_ENDED'
    if (isHeard && 'plan' in state && this.#requester.session !== undefined)
      this.#requester.ask({ method: 'TEARDOWN', uri: state.plan.aggregateUrl })
    this.#move('error', { at: 'over' })
    this.#events.push({ type: 'failed', error })
  }
}
