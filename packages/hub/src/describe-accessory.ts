import {
  type CharacteristicName,
  selectedCameraRecordingConfiguration,
  streamingStatus,
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
} from '@hksv/hap'
import { isTlvError } from '@hksv/tlv8'

import type { AccessoryClient } from './accessory-client.ts'
import type { RemoteCharacteristic, RemoteService, Value } from './database.ts'

/** What a camera may do, as people choose it in their home app. */
export type CameraMode = 'off' | 'detectActivity' | 'stream' | 'streamAndRecord'

/** A characteristic as it is now. */
export interface DescribedCharacteristic extends RemoteCharacteristic {
  /** The fields of a TLV8 value, where its schema is known. */
  readonly decoded?: object
  /** Why the TLV8 value has no `decoded`. */
  readonly defect?: string
}

/** A service as it is now. */
export interface DescribedService extends RemoteService {
  readonly characteristics: readonly DescribedCharacteristic[]
}

/** An accessory as it is now. */
export interface AccessoryDescription {
  readonly deviceId: string
  readonly name: string | undefined
  readonly host: string
  readonly port: number
  /** Of the first camera; absent when there is none. */
  readonly mode: CameraMode | undefined
  readonly services: readonly DescribedService[]
}

const schemas: {
  readonly [name in CharacteristicName]?: { decodeLenient(bytes: Uint8Array): object }
} = {
  selectedCameraRecordingConfiguration,
  streamingStatus,
  supportedAudioRecordingConfiguration,
  supportedAudioStreamConfiguration,
  supportedCameraRecordingConfiguration,
  supportedRtpConfiguration,
  supportedVideoRecordingConfiguration,
  supportedVideoStreamConfiguration,
}

/**
 * Everything that an accessory says of itself, read anew, with what it offers to record and to show decoded.
 *
 * @throws HubError Those of the connection
 */
export async function describeAccessory(client: AccessoryClient): Promise<AccessoryDescription> {
  const { services } = client.database
  const all = services.flatMap(({ characteristics }) => characteristics)
  const readings = await client.read(all.filter(({ perms }) => perms.includes('pr')))
  const values = new Map(readings.map(({ characteristic, value }) => [characteristic, value]))
  const described = services.map(service => ({
    ...service,
    characteristics: service.characteristics.map(each =>
      describeCharacteristic(each, values.get(each) ?? null),
    ),
  }))
  const { deviceId, name } = client.accessory
  return { deviceId, name, ...client.address, mode: modeOf(described), services: described }
}

function describeCharacteristic(
  characteristic: RemoteCharacteristic,
  value: Value,
): DescribedCharacteristic {
  const { name } = characteristic
  const schema = name === undefined ? undefined : schemas[name]
  const now = { ...characteristic, value }
  // Empty: nothing was selected yet.
  if (schema === undefined || typeof value !== 'string' || value === '') return now
  try {
    return { ...now, decoded: schema.decodeLenient(Buffer.from(value, 'base64')) }
  } catch (error) {
    if (!isTlvError(error)) throw error
    return { ...now, defect: error.message }
  }
}

/** @see HomeKit Secure Video R2 §3 (camera modes): each mode is one combination of three switches. */
function modeOf(services: readonly DescribedService[]): CameraMode | undefined {
  const recording = services.find(({ name }) => name === 'cameraEventRecordingManagement')
  if (recording === undefined) return undefined
  const isOn = (service: ServiceWith, wanted: CharacteristicName): boolean =>
    services.some(
      ({ aid, name, characteristics }) =>
        aid === recording.aid &&
        name === service &&
        characteristics.some(each => each.name === wanted && Number(each.value) === 1),
    )
  if (!isOn('cameraOperatingMode', 'homeKitCameraActive')) return 'off'
  if (isOn('cameraEventRecordingManagement', 'active')) return 'streamAndRecord'
  return isOn('cameraRtpStreamManagement', 'active') ? 'stream' : 'detectActivity'
}

type ServiceWith =
  | 'cameraOperatingMode'
  | 'cameraEventRecordingManagement'
  | 'cameraRtpStreamManagement'
