import { createSocket, type Socket } from 'node:dgram'
import { monitorEventLoopDelay } from 'node:perf_hooks'

import {
  type SetupEndpointsResponse,
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamCommand,
  streamingStatus,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'
import { type LiveFinding, LiveReceiver, type SrtpKey } from '@hksv/media/live'

import { characteristicOf, type RemoteService } from '../../database.ts'
import { HubError } from '../../errors.ts'
import type { Experiment, Lab } from '../lab.ts'
import { NotJudged } from '../rule.ts'
import type { Answer } from '../wire/answers.ts'
import type { RawSession } from '../wire/raw-session.ts'
import { armed } from './armed.ts'
import { camera } from './database.ts'
import { put, readValue, writeStatus } from './requests.ts'

const WATCH_MS = 3000
const REST_MS = 1200
const PAYLOAD_TYPE = 99
const MTU = 1378
const RTCP_SECONDS = 0.5

/** A live view of three seconds, and what a second viewer was told meanwhile. */
export interface LiveEvidence {
  readonly sessionId: Uint8Array
  readonly setUp: Answer
  readonly response: SetupEndpointsResponse
  readonly responseBytes: Uint8Array
  readonly started: Answer
  readonly startStatus: number | undefined
  /** From the start to the first packet; nothing when none came. */
  readonly firstPacketMs: number | undefined
  readonly packets: number
  readonly findings: readonly LiveFinding[]
  /** How long this process was kept from looking, at most; packets that wait look like a burst. */
  readonly lateMs: number
  /** StreamingStatus while it ran, and after it ended. */
  readonly statusDuring: number
  readonly statusAfter: number
  /** What a second viewer of the same service was told. */
  readonly secondStatus: number
  /** Packets that came later than a second after the end. */
  readonly packetsAfter: number
  /** The status of a start with a session id that nobody set up. */
  readonly strangeStatus: number | undefined
}

interface Endpoint {
  readonly socket: Socket
  readonly datagrams: { readonly bytes: Uint8Array; readonly at: number }[]
  readonly sessionId: Uint8Array
  readonly key: SrtpKey
  readonly address: string
}

/** Watches for three seconds, as a phone does. */
export const live: Experiment<LiveEvidence> = {
  name: 'watch live',
  rule: 'live-set-up',
  async run(lab) {
    await lab.get(armed)
    const { streams } = await lab.get(camera)
    const [service] = streams
    if (service === undefined) throw new NotJudged('the camera has no CameraRTPStreamManagement')
    const session = await lab.connect()
    const endpoint = await bind(lab, session)
    try {
      return await watch(lab, { session, service, endpoint })
    } finally {
      endpoint.socket.close()
      session.close()
    }
  },
}

async function bind(lab: Lab, session: RawSession): Promise<Endpoint> {
  const address = session.localAddress.replace(/^::ffff:/, '')
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const datagrams: { bytes: Uint8Array; at: number }[] = []
  socket.on('message', bytes => datagrams.push({ bytes, at: performance.now() }))
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ port: 0, address }, resolve)
  })
  const key = {
    suite: 'AES_CM_128_HMAC_SHA1_80',
    key: lab.crypto.random(16),
    salt: lab.crypto.random(14),
  } as const
  return { socket, datagrams, sessionId: lab.crypto.random(16), key, address }
}

interface View {
  readonly session: RawSession
  readonly service: RemoteService
  readonly endpoint: Endpoint
}

async function watch(lab: Lab, view: View): Promise<LiveEvidence> {
  const { session, service, endpoint } = view
  const { sessionId } = endpoint
  const { setUp, bytes, response } = await setUpEndpoints(view)
  if (response.status !== 0 || response.videoSsrc === undefined) {
    throw new HubError('HUB_REFUSED', {
      message: `SetupEndpoints was answered with status ${response.status}.`,
    })
  }
  const selected = characteristicOf(service, 'selectedRtpStreamConfiguration')
  const strange = await put(session, [
    { characteristic: selected, value: await startValue(view, lab.crypto.random(16)) },
  ])
  const startedAt = performance.now()
  const started = await put(session, [
    { characteristic: selected, value: await startValue(view, sessionId) },
  ])
  const lag = monitorEventLoopDelay({ resolution: 5 })
  lag.enable()
  await lab.sleep(WATCH_MS)
  lag.disable()
  const statusDuring = await statusOfStream(view)
  const secondStatus = await second(lab, service)
  const findings = findingsOf(view, response)
  const control = { sessionId, command: streamCommand.end }
  const end = Buffer.from(selectedRtpStreamConfiguration.encode({ control })).toString('base64')
  await put(session, [{ characteristic: selected, value: end }])
  await lab.sleep(REST_MS)
  const endedAt = performance.now() - 200
  await lab.sleep(200)
  return {
    sessionId,
    setUp,
    response,
    responseBytes: bytes,
    started,
    startStatus: writeStatus(started, selected),
    firstPacketMs: endpoint.datagrams[0] && endpoint.datagrams[0].at - startedAt,
    packets: endpoint.datagrams.length,
    findings,
    lateMs: lag.max / 1e6,
    statusDuring,
    statusAfter: await statusOfStream(view),
    secondStatus,
    packetsAfter: endpoint.datagrams.filter(({ at }) => at > endedAt).length,
    strangeStatus: writeStatus(strange, selected),
  }
}

async function setUpEndpoints({
  session,
  service,
  endpoint,
}: View): Promise<{ setUp: Answer; bytes: Uint8Array; response: SetupEndpointsResponse }> {
  const characteristic = characteristicOf(service, 'setupEndpoints')
  const { socket, sessionId, key, address } = endpoint
  const { port } = socket.address()
  const sealing = { cryptoSuite: 0, masterKey: key.key, masterSalt: key.salt }
  const request = setupEndpointsRequest.encode({
    sessionId,
    controllerAddress: {
      version: address.includes(':') ? 1 : 0,
      address,
      videoPort: port,
      audioPort: port,
    },
    videoSealing: sealing,
    audioSealing: sealing,
  })
  const setUp = await put(session, [
    { characteristic, value: Buffer.from(request).toString('base64') },
  ])
  const value = await readValue(session, characteristic)
  const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64')
  return { setUp, bytes, response: setupEndpointsResponse.decodeLenient(bytes) }
}

async function startValue({ session, service }: View, sessionId: Uint8Array): Promise<string> {
  const offered = await readValue(
    session,
    characteristicOf(service, 'supportedVideoStreamConfiguration'),
  )
  const { codecs } = supportedVideoStreamConfiguration.decodeLenient(
    Buffer.from(String(offered), 'base64'),
  )
  const attributes = codecs[0]?.attributes.toSorted((a, b) => distance(a) - distance(b))[0]
  if (codecs[0] === undefined || attributes === undefined)
    throw new NotJudged('the camera offers no live video')
  const { profiles, levels } = codecs[0].parameters
  const request = selectedRtpStreamConfiguration.encode({
    control: { sessionId, command: streamCommand.start },
    video: {
      codec: 0,
      parameters: {
        profile: profiles.at(-1) ?? 1,
        level: levels.at(-1) ?? 2,
        packetizationMode: 0,
      },
      attributes,
      rtp: {
        payloadType: PAYLOAD_TYPE,
        ssrc: 1,
        maxBitRateKbps: 2000,
        minRtcpIntervalSeconds: RTCP_SECONDS,
        maxMtu: MTU,
      },
    },
    audio: {
      codec: 3,
      parameters: { channels: 1, bitRateMode: 0, sampleRate: 2, packetTimeMs: 20 },
      rtp: {
        payloadType: 110,
        ssrc: 2,
        maxBitRateKbps: 24,
        minRtcpIntervalSeconds: 5,
        comfortNoisePayloadType: 13,
      },
      comfortNoise: 0,
    },
  })
  return Buffer.from(request).toString('base64')
}

function distance({ width, height }: { width: number; height: number }): number {
  return Math.abs(width * height - 1280 * 720)
}

/**
 * Judges the video afterwards: to look into packets while they come would delay the next ones. The sound,
 * which comes to the same port, is told by its SSRC.
 */
function findingsOf({ endpoint }: View, response: SetupEndpointsResponse): LiveFinding[] {
  const { videoSealing, videoSsrc = 0, audioSsrc } = response
  const peer = videoSealing && {
    suite: 'AES_CM_128_HMAC_SHA1_80' as const,
    key: videoSealing.masterKey,
    salt: videoSealing.masterSalt,
  }
  const receiver = new LiveReceiver({
    format: {
      kind: 'video',
      codec: 'h264',
      payloadType: PAYLOAD_TYPE,
      clockRate: 90_000,
      parameterSets: [],
    },
    ssrc: 1,
    peerSsrc: videoSsrc,
    srtp: endpoint.key,
    ...(peer && videoSealing.cryptoSuite === 0 && { peerSrtp: peer }),
    reportIntervalMs: RTCP_SECONDS * 1000,
    mtu: MTU,
    ipVersion: endpoint.address.includes(':') ? 6 : 4,
  })
  for (const { bytes, at } of endpoint.datagrams) {
    if (!isSound(bytes, audioSsrc)) receiver.receive(Uint8Array.from(bytes), at)
  }
  receiver.end(endpoint.datagrams.at(-1)?.at ?? 0)
  return receiver.findings()
}

function isSound(bytes: Uint8Array, ssrc: number | undefined): boolean {
  const view = Buffer.from(bytes)
  if (view.length < 12) return false
  const isReport = view.readUInt8(1) >= 192 && view.readUInt8(1) <= 223
  return view.readUInt32BE(isReport ? 4 : 8) === ssrc
}

async function statusOfStream({ session, service }: View): Promise<number> {
  const value = await readValue(session, characteristicOf(service, 'streamingStatus'))
  return streamingStatus.decodeLenient(Buffer.from(String(value), 'base64')).status
}

async function second(lab: Lab, service: RemoteService): Promise<number> {
  const session = await lab.connect()
  const endpoint = await bind(lab, session)
  try {
    return (await setUpEndpoints({ session, service, endpoint })).response.status
  } finally {
    endpoint.socket.close()
    session.close()
  }
}
