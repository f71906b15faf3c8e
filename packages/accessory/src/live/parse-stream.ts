import { isIPv4, isIPv6 } from 'node:net'

import {
  hapStatus,
  type SelectedAudioStream,
  type SelectedRtpStreamConfiguration,
  type SetupEndpointsRequest,
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
} from '@hksv/hap'
import { hapStatusError } from '../errors.ts'
import type { LiveSelection } from './live-media.ts'
import { isSealing, type LiveSuite } from './live-suite.ts'

/** Less has no room for pictures; more is no datagram. */
const MTUS = { min: 256, max: 65_535 }
const OPUS = 3
/** 16 and 24 kHz. */
const OPUS_RATES = [1, 2]

/** @throws AccessoryError `HAP_STATUS` -70410 for what cannot be set up. */
export function parseSetupEndpoints(
  base64: string,
  offered: readonly LiveSuite[],
): SetupEndpointsRequest {
  const request = read(base64, bytes => setupEndpointsRequest.decodeLenient(bytes))
  const { version, address, videoPort, audioPort } = request.controllerAddress
  check(version === 0 ? isIPv4(address) : version === 1 && isIPv6(address))
  check(videoPort > 0 && audioPort > 0)
  check(isSealing(request.videoSealing, offered) && isSealing(request.audioSealing, offered))
  return request
}

/** @throws AccessoryError `HAP_STATUS` -70410 */
export function parseSelected(base64: string): SelectedRtpStreamConfiguration {
  return read(base64, bytes => selectedRtpStreamConfiguration.decodeLenient(bytes))
}

/**
 * What a start asks for.
 *
 * @throws AccessoryError `HAP_STATUS` -70410 for what was not offered.
 */
export function startSelection({ video, audio }: SelectedRtpStreamConfiguration): LiveSelection {
  const { codec, attributes, rtp } = video ?? {}
  const payloadType = rtp?.payloadType
  if (attributes === undefined || rtp === undefined || payloadType === undefined) throw invalid()
  check(codec === 0 && payloadType <= 127)
  checkRtp(rtp)
  if (audio !== undefined) checkAudio(audio)
  return { attributes, payloadType, rtp, audio }
}

/**
 * What a running stream becomes.
 *
 * @throws AccessoryError `HAP_STATUS` -70410
 */
export function reconfigured(
  before: LiveSelection,
  { video }: SelectedRtpStreamConfiguration,
): LiveSelection {
  if (video === undefined) throw invalid()
  const { attributes = before.attributes, rtp } = video
  if (rtp !== undefined) checkRtp(rtp)
  return { ...before, attributes, rtp: { ...before.rtp, ...rtp } }
}

function checkRtp({ minRtcpIntervalSeconds, maxMtu = MTUS.max }: LiveSelection['rtp']): void {
  check(minRtcpIntervalSeconds >= 0 && minRtcpIntervalSeconds <= 60)
  check(maxMtu >= MTUS.min)
}

function checkAudio({ codec, parameters, rtp }: SelectedAudioStream): void {
  check(codec === OPUS && OPUS_RATES.includes(parameters.sampleRate))
  check(parameters.packetTimeMs > 0 && rtp.payloadType <= 127)
  check(rtp.minRtcpIntervalSeconds >= 0 && rtp.minRtcpIntervalSeconds <= 60)
}

function read<T>(base64: string, decode: (bytes: Uint8Array) => T): T {
  try {
    return decode(Buffer.from(base64, 'base64'))
  } catch (cause) {
    // The write is refused with a status, which is all a controller can be told.
    throw hapStatusError(hapStatus.invalidValue, cause)
  }
}

function check(isValid: boolean): void {
  if (!isValid) throw invalid()
}

function invalid(): Error {
  return hapStatusError(hapStatus.invalidValue)
}
