import { isDeepStrictEqual } from 'node:util'

import {
  selectedCameraRecordingConfiguration,
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamingStatus,
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'
import { isTlvError } from '@hksv/tlv8'

const schemas = [
  selectedCameraRecordingConfiguration,
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamingStatus,
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
]

/** What the camera's characteristics hold, read strictly and leniently: written again, it is the same. */
export function fuzz(data) {
  const bytes = new Uint8Array(data)
  for (const schema of schemas) {
    for (const read of [schema.decode, schema.decodeLenient]) {
      const value = attempt(() => read(bytes))
      if (value === undefined) continue
      const again = read(schema.encode(value))
      if (!isDeepStrictEqual(again, value)) throw new Error('read differently the second time')
    }
  }
}

function attempt(run) {
  try {
    return run()
  } catch (error) {
    if (!isTlvError(error)) throw error
    return undefined
  }
}
