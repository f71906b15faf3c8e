import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  type SelectedRtpStreamConfiguration,
  type SetupEndpointsRequest,
  type SetupEndpointsResponse,
  type StreamSealing,
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamingStatus,
  supportedAudioStreamConfiguration,
  supportedRtpConfiguration,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'
import type { AccessoryClient } from '@hksv/hub'
import {
  type LiveFrame,
  RtpSender,
  type RtpSenderEvent,
  type RtpSenderOptions,
  type SrtpKey,
  SrtpReceiver,
  type SrtpSuite,
} from '@hksv/media/live'
import { isRtcp } from '@hksv/media/rtp'
import { onTestFinished } from 'vitest'

import { iidOf } from './camera-database.ts'
import { connect } from './connect.ts'
import type { Reply, Request } from './http-session.ts'
import { json, type TestAccessory } from './test-accessory.ts'

/** The two stream services of the database. */
const SERVICES = [40, 50] as const
const SUITES = ['AES_CM_128_HMAC_SHA1_80', 'AES_256_CM_HMAC_SHA1_80'] as const

/** 1280x720, whose pictures are shown in the order in which they come. */
export const parameterSets: readonly Uint8Array[] = [
  '6764001facb300a00b7602d40404050000030001000003003c0f183268',
  '68e970f13213',
].map(hex => Uint8Array.from(Buffer.from(hex, 'hex')))

/** What the camera does, right or wrong. */
export interface LiveCameraOptions {
  /** Suites that it offers; 0, 1 and 2 unless given. */
  readonly cryptoSuites?: number[]
  /** Codecs of sound: 3 is Opus. */
  readonly audioCodec?: number
  /** 0 available, 1 in use, 2 unavailable, for each of its services. */
  readonly statuses?: readonly [number, number]
  /** What it answers to a set-up, in place of what is right. */
  readonly answer?: (right: SetupEndpointsResponse, nth: number) => SetupEndpointsResponse
  /** HAP status that a command of 117 is refused with. */
  readonly refusal?: (command: number) => number | undefined
  /** How the sender of the pictures differs from what was negotiated. */
  readonly sender?: Partial<RtpSenderOptions>
  /** What becomes of a datagram. */
  readonly alter?: (bytes: Uint8Array) => Uint8Array | undefined
  readonly prepare?: (accessory: TestAccessory) => void
}

/** A camera whose live view does what a test wants, over real sockets. */
export class LiveCamera {
  readonly accessory: TestAccessory
  readonly client: AccessoryClient
  /** What was written to 117, in order. */
  readonly selected: SelectedRtpStreamConfiguration[] = []
  /** What was written to 118. */
  readonly setUps: SetupEndpointsRequest[] = []
  /** What the viewer said of the pictures. */
  readonly heard: RtpSenderEvent[] = []
  /** Payloads of the sound that came, its SSRCs, and what was refused. */
  readonly speech: { ssrc: number; payload: string }[] = []
  readonly speechReports: number[] = []
  readonly speechRefused: string[] = []
  readonly #options: LiveCameraOptions
  readonly #video: Socket
  readonly #audio: Socket
  readonly #keys: Record<'video' | 'audio', StreamSealing>
  #sender: RtpSender | undefined
  #now = 0

  private constructor(
    world: { readonly accessory: TestAccessory; readonly client: AccessoryClient },
    sockets: readonly [Socket, Socket],
    options: LiveCameraOptions,
  ) {
    this.accessory = world.accessory
    this.client = world.client
    this.#options = options
    const [pictures, sound] = sockets
    this.#video = pictures
    this.#audio = sound
    this.#keys = { video: sealing(0), audio: sealing(0) }
    pictures.on('message', bytes => {
      this.heard.push(...(this.#sender?.receive(new Uint8Array(bytes), this.#now) ?? []))
    })
    this.accessory.intervene = request => this.#intervene(request)
  }

  static async start(options: LiveCameraOptions = {}): Promise<LiveCamera> {
    const world = await connect({
      prepare(accessory) {
        offer(accessory, options)
        options.prepare?.(accessory)
      },
    })
    const sockets = [await open(), await open()] as const
    onTestFinished(() => world.client.close())
    return new LiveCamera(world, sockets, options)
  }

  /** Sends a picture, all of its packets at once. */
  show(
    number: number,
    { isSync = number === 0, length = 40, decodeTime = number * 3000 } = {},
  ): void {
    this.send({ decodeTime, isSync, data: picture(number, { isSync, length }) })
  }

  send(frame: LiveFrame): void {
    this.#sender?.send(frame, this.#now)
    this.#now += 33
    this.#flush()
  }

  /** Says goodbye. */
  end(): void {
    this.#sender?.end(this.#now)
    this.#flush()
  }

  #flush(): void {
    const request = this.setUps.at(-1)
    if (request === undefined) return
    const { videoPort, address } = request.controllerAddress
    // Packets that are held back leave by then.
    const later = this.#now + 500
    for (let bytes = this.#sender?.take(later); bytes; bytes = this.#sender?.take(later)) {
      const { alter = (same: Uint8Array) => same } = this.#options
      const altered = alter(bytes)
      if (altered !== undefined) this.#video.send(altered, videoPort, address)
    }
  }

  #intervene({ method, path, body }: Request): Reply | undefined {
    if (method !== 'PUT' || path !== '/characteristics') return
    const { characteristics } = JSON.parse(body.toString()) as {
      characteristics: { iid: number; value?: string }[]
    }
    const [entry] = characteristics
    if (typeof entry?.value !== 'string') return
    const bytes = Uint8Array.from(Buffer.from(entry.value, 'base64'))
    for (const service of SERVICES) {
      const { services } = this.accessory
      if (entry.iid === iidOf(services, service, 'setupEndpoints'))
        return this.#setUp(entry.iid, bytes)
      if (entry.iid === iidOf(services, service, 'selectedRtpStreamConfiguration'))
        return this.#select(entry.iid, selectedRtpStreamConfiguration.decode(bytes))
    }
    return
  }

  #setUp(iid: number, bytes: Uint8Array): Reply {
    const request = setupEndpointsRequest.decode(bytes)
    this.setUps.push(request)
    this.#keys.video = sealing(request.videoSealing.cryptoSuite)
    this.#keys.audio = sealing(request.audioSealing.cryptoSuite)
    const { version } = request.controllerAddress
    const right: SetupEndpointsResponse = {
      sessionId: request.sessionId,
      status: 0,
      accessoryAddress: {
        version,
        address: this.#video.address().address,
        videoPort: this.#video.address().port,
        audioPort: this.#audio.address().port,
      },
      videoSealing: this.#keys.video,
      audioSealing: this.#keys.audio,
      videoSsrc: 0x11223344,
      audioSsrc: 0x55667788,
    }
    const answer = this.#options.answer?.(right, this.setUps.length) ?? right
    const value = Buffer.from(setupEndpointsResponse.encode(answer)).toString('base64')
    this.accessory.characteristic(iid).value = value
    return { status: 204 }
  }

  #select(iid: number, selected: SelectedRtpStreamConfiguration): Reply {
    this.selected.push(selected)
    const { command } = selected.control
    const status = this.#options.refusal?.(command)
    if (status !== undefined) return json(207, { characteristics: [{ aid: 1, iid, status }] })
    if (command === 1) this.#begin(selected)
    return { status: 204 }
  }

  #begin({ video: wanted, audio }: SelectedRtpStreamConfiguration): void {
    const request = this.setUps.at(-1)
    if (request === undefined || wanted?.rtp?.payloadType === undefined)
      throw new Error('no set-up')
    const srtp = keyOf(this.#keys.video)
    const peerSrtp = keyOf(request.videoSealing)
    this.#sender = new RtpSender({
      ...{ codec: 'h264', payloadType: wanted.rtp.payloadType, ssrc: 0x11223344, ipVersion: 4 },
      timescale: 90_000,
      parameterSets,
      mtu: wanted.rtp.maxMtu ?? 1378,
      reportIntervalMs: wanted.rtp.minRtcpIntervalSeconds * 1000,
      random: length => crypto.random(length),
      ...(srtp && { srtp }),
      ...(peerSrtp && { peerSrtp }),
      ...this.#options.sender,
    })
    const key = keyOf(request.audioSealing)
    const receiver = key && new SrtpReceiver(key)
    this.#audio.on('message', message => {
      const bytes = new Uint8Array(message)
      const isReport = isRtcp(bytes)
      const plain =
        (isReport ? receiver?.unprotectRtcp(bytes) : receiver?.unprotectRtp(bytes)) ?? bytes
      if (typeof plain === 'string') this.speechRefused.push(plain)
      else if (isReport) this.speechReports.push(plain[1] ?? 0)
      else {
        const packet = Buffer.from(plain)
        const isExpected = packet.readUInt8(1) === audio?.rtp.payloadType
        if (!isExpected) this.speechRefused.push('payload type')
        const payload = packet.subarray(12).toString('hex')
        this.speech.push({ ssrc: packet.readUInt32BE(8), payload })
      }
    })
  }
}

/** A picture of one slice, told from others by its bytes. */
function picture(number: number, { isSync, length }: { isSync: boolean; length: number }) {
  const data = new Uint8Array(4 + length).fill(1 + (number % 200))
  new DataView(data.buffer).setUint32(0, length)
  data[4] = isSync ? 0x65 : 0x41
  data[5] = 0x88
  return data
}

function sealing(cryptoSuite: number): StreamSealing {
  const keyLength = [16, 32, 0][cryptoSuite] ?? 0
  const masterSalt = crypto.random(keyLength === 0 ? 0 : 14)
  return { cryptoSuite, masterKey: crypto.random(keyLength), masterSalt }
}

function keyOf({ cryptoSuite, masterKey, masterSalt }: StreamSealing): SrtpKey | undefined {
  const suite: SrtpSuite | undefined = SUITES[cryptoSuite]
  return suite && { suite, key: masterKey, salt: masterSalt }
}

async function open(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  onTestFinished(() => new Promise<void>(closed => socket.close(() => closed())))
  await once(socket, 'listening')
  return socket
}

function offer(accessory: TestAccessory, options: LiveCameraOptions): void {
  const { cryptoSuites = [0, 1, 2], audioCodec = 3, statuses = [0, 0] } = options
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const size = (width: number, height: number, frameRate: number) => ({ width, height, frameRate })
  const attributes = [
    size(640, 360, 30),
    size(1920, 1080, 30),
    size(1280, 720, 30),
    size(1280, 720, 15),
  ]
  const parameters = { profiles: [0, 1, 2], levels: [0, 1, 2], packetizationModes: [0] }
  const heard = { channels: 1, bitRateMode: 0, sampleRates: [1, 2] }
  const values = {
    supportedVideoStreamConfiguration: supportedVideoStreamConfiguration.encode({
      codecs: [{ codec: 0, parameters, attributes }],
    }),
    supportedAudioStreamConfiguration: supportedAudioStreamConfiguration.encode({
      codecs: [{ codec: audioCodec, parameters: heard }],
      comfortNoise: 0,
    }),
    supportedRtpConfiguration: supportedRtpConfiguration.encode({ cryptoSuites }),
  }
  for (const [i, service] of SERVICES.entries()) {
    const set = (name: Parameters<typeof iidOf>[2], value: unknown) => {
      accessory.characteristic(iidOf(accessory.services, service, name)).value = value
    }
    for (const [name, bytes] of Object.entries(values))
      set(name as keyof typeof values, base64(bytes))
    set('streamingStatus', base64(streamingStatus.encode({ status: statuses[i] ?? 0 })))
    set('setupEndpoints', '')
    set('active', 1)
  }
}
