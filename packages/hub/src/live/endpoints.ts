import { isIPv6 } from 'node:net'

import type { CryptoProvider } from '@hksv/crypto'
import {
  type SetupEndpointsResponse,
  type StreamSealing,
  setupEndpointsRequest,
  setupEndpointsResponse,
} from '@hksv/hap'
import type { SrtpKey } from '@hksv/media/live'

import type { AccessoryClient } from '../accessory-client.ts'
import { characteristicOf, type RemoteService } from '../database.ts'
import { HubError, isHubError } from '../errors.ts'
import { decodeTlv } from '../tlv-value.ts'
import { type LiveSuite, suiteNumber } from './choose-stream.ts'

const STATUS = { success: 0, busy: 1 } as const
const KEY_LENGTHS = { AES_CM_128_HMAC_SHA1_80: 16, AES_256_CM_HMAC_SHA1_80: 32 } as const
const SALT_LENGTH = 14
const SESSION_ID_LENGTH = 16

/** One track as both sides announced it. */
export interface TrackEndpoint {
  /** Of the camera. */
  readonly port: number
  readonly peerSsrc: number
  /** Of this side. */
  readonly ssrc: number
  /** With what this side seals, and with what the camera does; nothing without a suite. */
  readonly srtp: SrtpKey | undefined
  readonly peerSrtp: SrtpKey | undefined
}

/** Where the two sides meet. */
export interface Endpoints {
  /** 16 bytes, of this live view. */
  readonly sessionId: Uint8Array
  /** Of the camera, without a scope. */
  readonly address: string
  readonly video: TrackEndpoint
  readonly audio: TrackEndpoint
}

/** What a set-up needs to know. */
export interface EndpointsRequest {
  readonly client: AccessoryClient
  readonly service: RemoteService
  readonly suite: LiveSuite
  /** Ports of this side. */
  readonly videoPort: number
  readonly audioPort: number
}

/**
 * Announces ports and keys to a stream service, and reads what it announces.
 *
 * @returns Nothing when somebody else was quicker.
 * @throws HubError `HUB_LIVE_REFUSED`, `HUB_PROTOCOL`, and those of the connection
 * @see HomeKit Accessory Protocol R2 chapter 9, Setup Endpoints
 */
export async function setUpEndpoints(request: EndpointsRequest): Promise<Endpoints | undefined> {
  const { client, service, suite, videoPort, audioPort } = request
  const { crypto, localAddress } = client
  const [address = ''] = localAddress.split('%')
  const version = isIPv6(address) ? 1 : 0
  const sessionId = crypto.random(SESSION_ID_LENGTH)
  const [video, audio] = [newKey(crypto, suite), newKey(crypto, suite)]
  const written = setupEndpointsRequest.encode({
    sessionId,
    controllerAddress: { version, address, videoPort, audioPort },
    videoSealing: sealingOf(video),
    audioSealing: sealingOf(audio),
  })
  const setup = characteristicOf(service, 'setupEndpoints')
  await refusedAsLive(client.write(setup, Buffer.from(written).toString('base64')))
  const [reading] = await client.read([setup])
  const answer = decodeTlv(setupEndpointsResponse, reading?.value, setup)
  if (answer.status === STATUS.busy) return undefined
  if (answer.status !== STATUS.success) {
    throw new HubError('HUB_LIVE_REFUSED', {
      message:
        'The camera could not prepare a live view. Look at what it logs, and whether it is reached over the address family that it uses.',
    })
  }
  if (!Buffer.from(answer.sessionId).equals(sessionId))
    throw broken('it answered the set-up of another live view')
  return endpointsOf(answer, { version, suite, sessionId, keys: { video, audio }, crypto })
}

/** Tells a HAP status of a write as the refusal of a live view. @throws HubError `HUB_LIVE_REFUSED` */
export async function refusedAsLive<T>(writing: Promise<T>): Promise<T> {
  try {
    return await writing
  } catch (error) {
    if (!isHubError(error) || error.code !== 'HUB_REFUSED') throw error
    const { message, status } = error
    throw new HubError('HUB_LIVE_REFUSED', { message, status, cause: error })
  }
}

function endpointsOf(
  { accessoryAddress, videoSealing, audioSealing, videoSsrc, audioSsrc }: SetupEndpointsResponse,
  own: {
    readonly version: number
    readonly suite: LiveSuite
    readonly sessionId: Uint8Array
    readonly keys: Readonly<Record<'video' | 'audio', SrtpKey | undefined>>
    readonly crypto: CryptoProvider
  },
): Endpoints {
  const { suite, keys, sessionId, crypto } = own
  if (accessoryAddress === undefined) throw broken('it announced no address')
  if (videoSsrc === undefined || audioSsrc === undefined) throw broken('it announced no SSRC')
  const { version, address, videoPort, audioPort } = accessoryAddress
  if (version !== own.version || isIPv6(address) !== (version === 1))
    throw broken('it announced an address of the other family')
  const track = (name: 'video' | 'audio', port: number, peerSsrc: number): TrackEndpoint => ({
    ...{ port, peerSsrc, ssrc: randomSsrc(crypto), srtp: keys[name] },
    peerSrtp: keyOf(name === 'video' ? videoSealing : audioSealing, suite),
  })
  return {
    ...{ sessionId, address },
    video: track('video', videoPort, videoSsrc),
    audio: track('audio', audioPort, audioSsrc),
  }
}

function randomSsrc(crypto: CryptoProvider): number {
  const bytes = crypto.random(4)
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}

function newKey(crypto: CryptoProvider, suite: LiveSuite): SrtpKey | undefined {
  if (suite === 'none') return undefined
  return { suite, key: crypto.random(KEY_LENGTHS[suite]), salt: crypto.random(SALT_LENGTH) }
}

function sealingOf(key: SrtpKey | undefined): StreamSealing {
  return {
    cryptoSuite: suiteNumber(key?.suite ?? 'none'),
    masterKey: key?.key ?? new Uint8Array(0),
    masterSalt: key?.salt ?? new Uint8Array(0),
  }
}

/** The bytes of an answer are its own: they are copied. */
function keyOf(sealing: StreamSealing | undefined, suite: LiveSuite): SrtpKey | undefined {
  if (suite === 'none') return undefined
  const { cryptoSuite, masterKey, masterSalt } = sealing ?? {}
  if (masterKey === undefined || masterSalt === undefined || cryptoSuite !== suiteNumber(suite))
    throw broken('it announced another protection than it was asked for')
  if (masterKey.length !== KEY_LENGTHS[suite] || masterSalt.length !== SALT_LENGTH)
    throw broken('it announced a key of a wrong length')
  return { suite, key: Uint8Array.from(masterKey), salt: Uint8Array.from(masterSalt) }
}

function broken(why: string): HubError {
  const message = `The camera broke the protocol of live views: ${why}. Update it, or tell its maker.`
  return new HubError('HUB_PROTOCOL', { message })
}
