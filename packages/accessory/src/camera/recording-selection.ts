import { createHash } from 'node:crypto'

import {
  recordingSampleRates,
  type SelectedCameraRecordingConfiguration,
  selectedCameraRecordingConfiguration,
} from '@hksv/hap'
import type { WantedStream } from '@hksv/media'

import { encodeOffer, type RecordingOffer } from './recording-offer.ts'

/** What a hub selected of what a camera offers. */
export interface RecordingSelection {
  readonly prebufferMs: number
  /** Sound as if it were wanted: whether it is, is another setting. */
  readonly stream: Required<WantedStream>
}

/**
 * Reads what a hub selected (characteristic 209).
 *
 * @returns `undefined` when it is no configuration, or none of those offered. Frame rate and level
 * are taken as they come: hubs round them.
 */
export function parseSelection(
  base64: string,
  offer: RecordingOffer,
): RecordingSelection | undefined {
  let selected: SelectedCameraRecordingConfiguration
  try {
    selected = selectedCameraRecordingConfiguration.decodeLenient(Buffer.from(base64, 'base64'))
  } catch {
    // The write is refused with a status, which is all a controller can be told.
    return undefined
  }
  const isOffered =
    isGeneralOffered(selected, offer) &&
    isVideoOffered(selected, offer) &&
    isAudioOffered(selected, offer)
  return isOffered ? selectionOf(selected) : undefined
}

/** Another one when a hub has to select anew. */
export function hashOffer(offer: RecordingOffer): string {
  return createHash('sha256')
    .update(JSON.stringify(encodeOffer(offer)))
    .digest('hex')
}

type Selected = SelectedCameraRecordingConfiguration

function isGeneralOffered({ general }: Selected, { general: offered }: RecordingOffer): boolean {
  const { type, parameters } = general.mediaContainer
  const foreign = general.eventTriggerOptions & ~offered.eventTriggerOptions
  return (
    general.prebufferLengthMs <= offered.prebufferLengthMs &&
    foreign === 0n &&
    offered.mediaContainers.some(
      container =>
        container.type === type &&
        container.parameters.fragmentLengthMs === parameters.fragmentLengthMs,
    )
  )
}

function isVideoOffered({ video }: Selected, { video: offered }: RecordingOffer): boolean {
  const { width, height } = video.attributes
  return offered.codecs.some(
    ({ codec, parameters, attributes }) =>
      codec === video.codec &&
      parameters.profiles.includes(video.parameters.profile) &&
      attributes.some(each => each.width === width && each.height === height),
  )
}

function isAudioOffered({ audio }: Selected, { audio: offered }: RecordingOffer): boolean {
  const { channels, bitRateMode, sampleRate } = audio.parameters
  return offered.codecs.some(
    ({ codec, parameters }) =>
      codec === audio.codec &&
      channels >= 1 &&
      channels <= parameters.channels &&
      parameters.bitRateModes.includes(bitRateMode) &&
      parameters.sampleRates.includes(sampleRate),
  )
}

function selectionOf({ general, video, audio }: Selected): RecordingSelection {
  const { bitRateKbps, iFrameIntervalMs } = video.parameters
  const { channels, bitRateMode, sampleRate, maxBitRateKbps } = audio.parameters
  const { width, height, frameRate } = video.attributes
  return {
    prebufferMs: general.prebufferLengthMs,
    stream: {
      video: {
        codec: video.codec === 0 ? 'h264' : 'h265',
        width,
        height,
        framesPerSecond: frameRate,
        bitRateKbps,
        keyFrameIntervalMs: iFrameIntervalMs,
      },
      audio: {
        codec: audio.codec === 0 ? 'aac-lc' : 'aac-eld',
        // Offered, and so one of them.
        sampleRate: recordingSampleRates[sampleRate] ?? 0,
        channels,
        isConstantBitRate: bitRateMode === 1,
        ...(maxBitRateKbps === undefined ? {} : { maxBitRateKbps }),
      },
    },
  }
}
