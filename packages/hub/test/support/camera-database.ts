import {
  characteristics,
  type ServiceName,
  services,
  supportedAudioRecordingConfiguration,
  supportedCameraRecordingConfiguration,
  supportedVideoRecordingConfiguration,
} from '@hksv/hap'
import type { Offer } from '@hksv/hub'

/** A characteristic as it stands in `/accessories`. */
export interface JsonCharacteristic {
  iid: number
  type: string
  format: string
  perms: string[]
  value?: unknown
}

/** A service as it stands in `/accessories`. */
export interface JsonService {
  iid: number
  type: string
  linked?: number[]
  primary?: boolean
  characteristics: JsonCharacteristic[]
}

/** What the camera offers. */
export const offer = {
  general: {
    prebufferLengthMs: 4000,
    eventTriggerOptions: 3n,
    mediaContainers: [{ type: 0, parameters: { fragmentLengthMs: 4000 } }],
  },
  video: {
    codecs: [
      {
        codec: 0,
        parameters: { profiles: [0, 1, 2], levels: [0, 1, 2] },
        attributes: [
          { width: 1280, height: 720, frameRate: 30 },
          { width: 1920, height: 1080, frameRate: 15 },
          { width: 1920, height: 1080, frameRate: 30 },
        ],
      },
    ],
  },
  audio: {
    codecs: [{ codec: 0, parameters: { channels: 1, bitRateModes: [0], sampleRates: [1, 2, 3] } }],
  },
} satisfies Offer

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

const values: Readonly<Record<string, unknown>> = {
  name: 'Porch',
  manufacturer: 'ACME',
  active: 0,
  motionDetected: false,
  statusActive: true,
  supportedCameraRecordingConfiguration: base64(
    supportedCameraRecordingConfiguration.encode(offer.general),
  ),
  supportedVideoRecordingConfiguration: base64(
    supportedVideoRecordingConfiguration.encode(offer.video),
  ),
  supportedAudioRecordingConfiguration: base64(
    supportedAudioRecordingConfiguration.encode(offer.audio),
  ),
  selectedCameraRecordingConfiguration: '',
  setupDataStreamTransport: '',
  recordingAudioActive: 0,
  eventSnapshotsActive: 0,
  homeKitCameraActive: 0,
  periodicSnapshotsActive: 0,
  version: '1.0',
}

/** A service with everything the tables list, at instance ids that count from `iid`. */
export function serviceJson(
  name: ServiceName,
  iid: number,
  options: { linked?: number[]; timed?: readonly string[] } = {},
): JsonService {
  const { type, characteristics: names, optional = [] } = services[name]
  return {
    iid,
    type,
    ...(options.linked === undefined ? {} : { linked: options.linked }),
    characteristics: [...names, ...optional].map((each, i) => {
      const { type: uuid, format, perms } = characteristics[each]
      const timed = options.timed?.includes(each) === true ? ['tw'] : []
      return {
        iid: iid + 1 + i,
        type: uuid,
        format,
        perms: [...new Set([...perms, ...timed])],
        ...(perms.includes('pr') ? { value: values[each] ?? null } : {}),
      }
    }),
  }
}

/**
 * A Secure Video camera, with what leads a careless hub astray: a motion sensor and a data stream
 * that are not linked from the recording service stand before those that are.
 */
export function cameraDatabase(): JsonService[] {
  return [
    serviceJson('accessoryInformation', 1),
    serviceJson('motionSensor', 20),
    serviceJson('dataStreamTransportManagement', 30),
    serviceJson('cameraRtpStreamManagement', 40),
    serviceJson('cameraRtpStreamManagement', 50),
    serviceJson('motionSensor', 60),
    serviceJson('cameraOperatingMode', 70),
    serviceJson('dataStreamTransportManagement', 80),
    serviceJson('cameraEventRecordingManagement', 90, { linked: [80, 60], timed: ['active'] }),
  ]
}

/** The instance id of a characteristic in the service at `serviceIid`. */
export function iidOf(
  database: readonly JsonService[],
  serviceIid: number,
  name: keyof typeof characteristics,
): number {
  const service = database.find(({ iid }) => iid === serviceIid)
  const found = service?.characteristics.find(({ type }) => type === characteristics[name].type)
  if (found === undefined) throw new Error(`no ${name} in the service ${serviceIid}`)
  return found.iid
}
