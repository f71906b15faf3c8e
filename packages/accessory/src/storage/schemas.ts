import * as v from 'valibot'

/** `identity.json`: who this accessory is. Written once, and when the setup code changes. */
export interface StoredIdentity {
  /** `XX:XX:XX:XX:XX:XX`. */
  deviceId: string
  /** Ed25519, 32 bytes in hex. */
  longTermSeed: string
  /** Four of `0-9A-Z`. */
  setupId: string
  /** SRP, 16 bytes in hex. */
  salt: string
  /** SRP, 384 bytes in hex. */
  verifier: string
  /** Kept while nobody is paired, so that it can be shown again. */
  setupCode?: string | undefined
}

/** `pairings.json`: who may talk to it. */
export interface StoredPairings {
  /** Wrong setup codes since the last right one; at 100 pair-setup is locked. */
  failedAttempts: number
  pairings: { identifier: string; publicKey: string; permissions: number }[]
}

/** `database.json`: what controllers cache and must find again. */
export interface StoredDatabase {
  /** c#: rises when the attribute database or the firmware changes. */
  configurationNumber: number
  /** What `configurationNumber` stands for. */
  databaseHash: string
  /** Instance ids by the place of a service or characteristic; never given twice. */
  instanceIds: Record<string, number>
  nextInstanceId: number
  /** The port of the first start, for the next ones. */
  port?: number | undefined
}

/** `camera.json`: what the controllers set. */
export interface StoredCamera {
  isCameraActive: boolean
  /** One for each stream service. */
  isStreamingActive: boolean[]
  isRecordingActive: boolean
  isRecordingAudioActive: boolean
  areEventSnapshotsActive: boolean
  arePeriodicSnapshotsActive: boolean
  isIndicatorActive: boolean
  isNightVisionActive: boolean
  isMicrophoneMuted: boolean
  isSpeakerMuted: boolean
  /** Percent. */
  speakerVolume: number
  /** The camera's own switch, which no controller has a say in. */
  isManuallyDisabled: boolean
  /** Stands for what was offered when `selectedConfiguration` was written. */
  offerHash?: string | undefined
  /** SelectedCameraRecordingConfiguration as it was written, base64. */
  selectedConfiguration?: string | undefined
}

const text = (pattern: RegExp) => v.pipe(v.string(), v.regex(pattern))
const hex = (bytes: number) => text(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
const integer = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max))

export const identitySchema: v.GenericSchema<unknown, StoredIdentity> = v.object({
  deviceId: text(/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/),
  longTermSeed: hex(32),
  setupId: text(/^[0-9A-Z]{4}$/),
  salt: hex(16),
  verifier: hex(384),
  setupCode: v.optional(text(/^\d{3}-\d{2}-\d{3}$/)),
})

export const pairingsSchema: v.GenericSchema<unknown, StoredPairings> = v.object({
  failedAttempts: integer(0, 100),
  pairings: v.array(
    v.object({
      identifier: v.pipe(v.string(), v.minLength(1), v.maxLength(36)),
      publicKey: hex(32),
      permissions: integer(0, 1),
    }),
  ),
})

export const databaseSchema: v.GenericSchema<unknown, StoredDatabase> = v.object({
  configurationNumber: integer(1, 65_535),
  databaseHash: v.string(),
  instanceIds: v.record(v.string(), integer(1)),
  nextInstanceId: integer(1),
  port: v.optional(integer(1, 65_535)),
})

export const cameraSchema: v.GenericSchema<unknown, StoredCamera> = v.object({
  isCameraActive: v.boolean(),
  isStreamingActive: v.array(v.boolean()),
  isRecordingActive: v.boolean(),
  isRecordingAudioActive: v.boolean(),
  areEventSnapshotsActive: v.boolean(),
  arePeriodicSnapshotsActive: v.boolean(),
  isIndicatorActive: v.boolean(),
  isNightVisionActive: v.boolean(),
  isMicrophoneMuted: v.boolean(),
  isSpeakerMuted: v.optional(v.boolean(), false),
  speakerVolume: v.optional(integer(0, 100), 100),
  isManuallyDisabled: v.optional(v.boolean(), false),
  offerHash: v.optional(v.string()),
  selectedConfiguration: v.optional(v.pipe(v.string(), v.base64())),
})

/** What each file of a storage directory holds. */
export interface StoredFiles {
  'identity.json': StoredIdentity
  'pairings.json': StoredPairings
  'database.json': StoredDatabase
  'camera.json': StoredCamera
}

/** A file of a storage directory. */
export type StateFileName = keyof StoredFiles

/** In the order in which they are read. */
export const stateSchemas: {
  readonly [name in StateFileName]: v.GenericSchema<unknown, StoredFiles[name]>
} = {
  'identity.json': identitySchema,
  'pairings.json': pairingsSchema,
  'database.json': databaseSchema,
  'camera.json': cameraSchema,
}
