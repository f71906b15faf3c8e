import {
  hapStatus,
  type SetupEndpointsRequest,
  setupEndpointsResponse,
  streamCommand,
} from '@hksv/hap'
import type { Clock } from '@hksv/media'

import { toBase64 } from '../base64.ts'
import type { SourceReader } from '../camera/source-reader.ts'
import type { Requester } from '../database/request-context.ts'
import { hapStatusError } from '../errors.ts'
import type { LiveSound } from '../live-audio/live-sound.ts'
import type { Log } from '../log.ts'
import { DatagramSocket, withoutScope } from './datagram-socket.ts'
import { LiveStream, type StreamEnd, type StreamReport } from './live-stream.ts'
import { keyOf, type LiveSuite, newKey, sealingOf } from './live-suite.ts'
import { parseSelected, parseSetupEndpoints, reconfigured, startSelection } from './parse-stream.ts'
import type { Talk } from './talk.ts'

const STATUS = { success: 0, busy: 1, error: 2 } as const

/** What a {@link StreamService} works with. */
export interface StreamServiceOptions {
  readonly reader: SourceReader
  readonly sound: LiveSound
  readonly talk: Talk | undefined
  readonly isMicrophoneMuted: () => boolean
  readonly log: Log
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
  /** What a viewer may choose to protect with. */
  readonly suites: readonly LiveSuite[]
  /** Whether anybody may look. */
  readonly isAllowed: () => boolean
  /** Told when it becomes used or free. */
  readonly used: (isInUse: boolean) => void
  readonly started: (controllerId: string) => void
  /** Told of each live view that was started. */
  readonly stopped: (report: StreamReport) => void
}

/** One stream service: nobody looks, one has set up, or one looks. */
export class StreamService {
  readonly #options: StreamServiceOptions
  /** What each connection reads after it wrote. */
  readonly #answers = new WeakMap<Requester, string>()
  #settingUp: Requester | undefined
  #stream: LiveStream | undefined

  constructor(options: StreamServiceOptions) {
    this.#options = options
  }

  /** Who looks now. */
  get viewer(): string | undefined {
    return this.#stream?.isStreaming === true ? this.#stream.requester.controllerId : undefined
  }

  /** What characteristic 118 reads on a connection. */
  answerFor(requester: Requester): string {
    return this.#answers.get(requester) ?? ''
  }

  /**
   * Prepares a live view, in place of the one that the same connection had.
   *
   * @throws AccessoryError `HAP_STATUS`
   */
  async setUp(base64: string, requester: Requester): Promise<void> {
    const request = this.#ifAllowed(() => parseSetupEndpoints(base64, this.#options.suites))
    const owner = this.#settingUp ?? this.#stream?.requester
    if (owner !== undefined && owner !== requester) {
      this.#answer(requester, request, { status: STATUS.busy })
      return
    }
    this.#settingUp = requester
    try {
      this.end('replaced')
      await this.#prepare(request, requester)
    } catch (error) {
      this.#options.log.warn({ err: error }, 'No port for a live view could be opened.')
      this.#answer(requester, request, { status: STATUS.error })
    } finally {
      this.#settingUp = undefined
    }
  }

  /**
   * Starts, changes or ends the live view of a connection.
   *
   * @throws AccessoryError `HAP_STATUS`
   */
  select(base64: string, requester: Requester): void {
    const selected = this.#ifAllowed(() => parseSelected(base64))
    const stream = this.#stream
    const { sessionId, command } = selected.control
    const isOwn = stream?.requester === requester && isEqual(stream.sessionId, sessionId)
    if (stream === undefined || !isOwn) throw hapStatusError(hapStatus.invalidValue)
    const { selection } = stream
    if (command === streamCommand.end) stream.end('controller')
    else if (command === streamCommand.start && selection === undefined) {
      stream.start(startSelection(selected))
      this.#options.started(requester.controllerId)
    } else if (selection === undefined) throw hapStatusError(hapStatus.invalidValue)
    else if (command === streamCommand.reconfigure) {
      stream.reconfigure(reconfigured(selection, selected))
    } else if (command === streamCommand.suspend) stream.suspend()
    else if (command === streamCommand.resume) stream.resume()
    else throw hapStatusError(hapStatus.invalidValue)
  }

  /** Whoever looks or has set up does no more. */
  end(reason: StreamEnd): void {
    this.#stream?.end(reason)
  }

  #ifAllowed<T>(parse: () => T): T {
    if (!this.#options.isAllowed()) throw hapStatusError(hapStatus.notAllowedInCurrentState)
    return parse()
  }

  async #prepare(request: SetupEndpointsRequest, requester: Requester): Promise<void> {
    const { version, address, videoPort, audioPort } = request.controllerAddress
    const local = withoutMapping(requester.localAddress)
    // The addresses of both sides are of one family.
    if (local.includes(':') !== (version === 1)) {
      this.#answer(requester, request, { status: STATUS.error })
      return
    }
    const video = await DatagramSocket.open(local, { address, port: videoPort })
    const audio = await DatagramSocket.open(local, { address, port: audioPort }).catch(
      (error: unknown) => {
        video.close()
        throw error
      },
    )
    if (requester.signal.aborted || !this.#options.isAllowed()) {
      video.close()
      audio.close()
      this.#answer(requester, request, { status: STATUS.error })
      return
    }
    const { random } = this.#options
    const { videoSealing, audioSealing } = request
    const track = (socket: DatagramSocket, sealing: typeof videoSealing) => ({
      ...{ socket, ssrc: ssrcOf(random(4)) },
      ...{ srtp: newKey(sealing, random), peerSrtp: keyOf(sealing) },
    })
    const [videoTrack, audioTrack] = [track(video, videoSealing), track(audio, audioSealing)]
    this.#stream = new LiveStream({
      ...this.#options,
      requester,
      sessionId: Uint8Array.from(request.sessionId),
      ipVersion: version === 1 ? 6 : 4,
      video: videoTrack,
      audio: audioTrack,
      ended: report => this.#ended(report),
    })
    this.#answer(requester, request, {
      status: STATUS.success,
      accessoryAddress: {
        version,
        address: withoutScope(local),
        videoPort: video.port,
        audioPort: audio.port,
      },
      videoSealing: sealingOf(videoTrack.srtp),
      audioSealing: sealingOf(audioTrack.srtp),
      videoSsrc: videoTrack.ssrc,
      audioSsrc: audioTrack.ssrc,
    })
    this.#options.used(true)
  }

  #ended(report: StreamReport): void {
    this.#stream = undefined
    this.#options.used(false)
    if (report.durationMs !== undefined) this.#options.stopped(report)
  }

  #answer(
    requester: Requester,
    { sessionId }: SetupEndpointsRequest,
    answer: Omit<Parameters<typeof setupEndpointsResponse.encode>[0], 'sessionId'>,
  ): void {
    const bytes = setupEndpointsResponse.encode({ sessionId, ...answer })
    this.#answers.set(requester, toBase64(bytes))
  }
}

/** IPv4 that is talked to through an IPv6 socket is IPv4. The scope stays. */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') ? withoutScope(address) : address
}

function ssrcOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
