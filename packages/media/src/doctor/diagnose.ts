import type { SourceReport } from './source-examiner.ts'

/** Something that was found, what follows from it in Home, and what to do. */
export interface Diagnosis {
  /** Whether recordings suffer. */
  readonly isSerious: boolean
  readonly finding: string
  readonly consequence: string
  /** A setting of the camera, or an option of ours. */
  readonly remedy: string
}

const LONGEST_KEY_FRAME_INTERVAL_MS = 4500
const FRAGMENT_MS = 4000

/** @returns What a report means for recordings in Home; nothing for a source without fault. */
export function diagnose(report: SourceReport): Diagnosis[] {
  return [...diagnoseVideo(report), ...diagnoseKeyFrames(report), ...diagnoseDelivery(report)]
}

function diagnoseVideo({ description, hasBFrames, bitRateKbps }: SourceReport): Diagnosis[] {
  const { video } = description
  const found: Diagnosis[] = []
  if (video.codec === 'h265') {
    found.push({
      isSerious: true,
      finding: 'The video is H.265.',
      consequence: 'Most home hubs record H.264 only.',
      remedy: 'Choose H.264 in the camera, or allow H.265 with --hevc for hubs that take it.',
    })
  }
  if (video.width * video.height > 1920 * 1080) {
    found.push({
      isSerious: false,
      finding: `The picture has ${video.width}x${video.height}.`,
      consequence:
        'Hubs ask for 1920x1080 at most; larger ones are passed through and may be refused.',
      remedy: 'Choose 1920x1080 in the camera, or the path of its second stream.',
    })
  }
  if (hasBFrames) {
    found.push({
      isSerious: false,
      finding: 'The video has B frames.',
      consequence: 'Some hubs do not take them, and each adds delay.',
      remedy: 'Switch B frames off in the camera, or choose the baseline or main profile.',
    })
  }
  if (bitRateKbps > 8000) {
    found.push({
      isSerious: false,
      finding: `The video has ${Math.round(bitRateKbps)} kbit/s.`,
      consequence: 'Hubs ask for 2000; a slow network to the hub may not take more.',
      remedy: 'Choose about 2000 to 4000 kbit/s in the camera.',
    })
  }
  return found
}

function diagnoseKeyFrames({ keyFrameIntervalMs, watchedMs }: SourceReport): Diagnosis[] {
  const longest = keyFrameIntervalMs?.longest ?? (watchedMs > FRAGMENT_MS ? watchedMs : 0)
  if (longest <= LONGEST_KEY_FRAME_INTERVAL_MS) return []
  return [
    {
      isSerious: true,
      finding: `Key frames are up to ${(longest / 1000).toFixed(1)} s apart.`,
      consequence:
        'Every fragment of a recording begins with one: clips are late, short, or discarded.',
      remedy: 'Choose a key frame (I frame, GOP) every 2 or 4 s in the camera, and no smart codec.',
    },
  ]
}

function diagnoseDelivery(report: SourceReport): Diagnosis[] {
  const { longestGapMs, jitterMs, framesPerSecond, soundFrames, description } = report
  const found: Diagnosis[] = []
  if (framesPerSecond < 14) {
    found.push({
      isSerious: false,
      finding: `${framesPerSecond.toFixed(1)} pictures come a second.`,
      consequence: 'Hubs ask for 15, 24 or 30.',
      remedy: 'Choose a higher rate in the camera.',
    })
  }
  if (longestGapMs > 1000) {
    found.push({
      isSerious: true,
      finding: `${(longestGapMs / 1000).toFixed(1)} s of pictures were missing.`,
      consequence: 'Clips have holes.',
      remedy: 'Check the network to the camera; prefer a cable.',
    })
  }
  if (jitterMs > 1000) {
    found.push({
      isSerious: false,
      finding: `Pictures came up to ${(jitterMs / 1000).toFixed(1)} s late.`,
      consequence: 'Motion is seen late, and clips begin later than they should.',
      remedy: 'Check the network to the camera, and whether it has too much to do.',
    })
  }
  if (description.audio === undefined) {
    found.push({
      isSerious: false,
      finding: 'There is no sound that Home records.',
      consequence: 'Clips have a silent track.',
      remedy: 'Choose AAC in the camera, if it has a microphone.',
    })
  } else if (soundFrames === 0) {
    found.push({
      isSerious: true,
      finding: 'Sound is announced, and none comes.',
      consequence: 'Clips are without sound.',
      remedy: 'Switch the microphone of the camera on, or its sound off.',
    })
  }
  return found
}
