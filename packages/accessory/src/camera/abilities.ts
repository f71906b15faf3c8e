import { AccessoryError } from '../errors.ts'
import { type LiveSuite, liveSuites } from '../live/live-suite.ts'
import type { RecordingAbilities } from './recording-offer.ts'

/** What a camera has, as far as its source does not say. */
export interface CameraAbilities {
  readonly isDoorbell?: boolean
  /** How many people can look at once: 1 to 4, 2 unless given. */
  readonly streamCount?: number
  /**
   * What may protect live views, the best first; `AES_CM_128_HMAC_SHA1_80` alone unless given, which every
   * viewer takes. With `none` whoever is on the network may look.
   */
  readonly liveSuites?: readonly LiveSuite[]
  readonly recording?: RecordingAbilities
  /** It can be talked through. A doorbell always can. */
  readonly hasSpeaker?: boolean
  /** It knows whether somebody is there, besides whether something moves. */
  readonly hasOccupancySensor?: boolean
  /** Diagonal field of view in degrees, 0 to 360; 0, for unknown, unless given. */
  readonly fieldOfView?: number
}

/**
 * What the camera's hardware is told. Each is called with what is stored when the camera starts, and
 * before a controller's write is answered: a rejection refuses the write.
 */
export interface CameraDelegate {
  /** The light that shows that the camera is on. */
  setIndicator?(isOn: boolean): void | Promise<void>
  /** Whether it switches to night vision by itself. */
  setNightVision?(isOn: boolean): void | Promise<void>
  setMicrophone?(microphone: { readonly isMuted: boolean }): void | Promise<void>
  /** `volume` is in percent. */
  setSpeaker?(speaker: { readonly isMuted: boolean; readonly volume: number }): void | Promise<void>
}

/** All but what is for the recording, with nothing left open. */
export type CompleteAbilities = Required<Omit<CameraAbilities, 'recording'>>

/** @throws AccessoryError `OPTION_INVALID` */
export function completeAbilities(given: CameraAbilities): CompleteAbilities {
  const {
    isDoorbell = false,
    streamCount = 2,
    hasSpeaker = false,
    hasOccupancySensor = false,
    fieldOfView = 0,
    liveSuites: suites = ['AES_CM_128_HMAC_SHA1_80'],
  } = given
  if (!Number.isInteger(streamCount) || streamCount < 1 || streamCount > 4) {
    throw invalid('A camera has one to four streams')
  }
  if (!(fieldOfView >= 0 && fieldOfView <= 360))
    throw invalid('A field of view has 0 to 360 degrees')
  if (suites.length === 0 || suites.some(suite => !liveSuites.includes(suite))) {
    throw invalid(`Live views are protected with one of ${liveSuites.join(', ')}`)
  }
  return {
    ...{ isDoorbell, streamCount, hasSpeaker, hasOccupancySensor, fieldOfView },
    liveSuites: suites,
  }
}

function invalid(message: string): AccessoryError {
  return new AccessoryError('OPTION_INVALID', { message: `${message}.` })
}
