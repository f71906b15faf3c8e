import { z } from 'zod'

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
  /** SelectedCameraRecordingConfiguration as it was written, base64. */
  selectedConfiguration?: string | undefined
}

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))

export const identitySchema: z.ZodType<StoredIdentity> = z.object({
  deviceId: z.string().regex(/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/),
  longTermSeed: hex(32),
  setupId: z.string().regex(/^[0-9A-Z]{4}$/),
  salt: hex(16),
  verifier: hex(384),
  setupCode: z
    .string()
    .regex(/^\d{3}-\d{2}-\d{3}$/)
    .optional(),
})

export const pairingsSchema: z.ZodType<StoredPairings> = z.object({
  failedAttempts: z.int().min(0).max(100),
  pairings: z.array(
    z.object({
      identifier: z.string().min(1).max(36),
      publicKey: hex(32),
      permissions: z.int().min(0).max(1),
    }),
  ),
})

export const databaseSchema: z.ZodType<StoredDatabase> = z.object({
  configurationNumber: z.int().min(1).max(65_535),
  databaseHash: z.string(),
  instanceIds: z.record(z.string(), z.int().positive()),
  nextInstanceId: z.int().positive(),
  port: z.int().min(1).max(65_535).optional(),
})

export const cameraSchema: z.ZodType<StoredCamera> = z.object({
  isCameraActive: z.boolean(),
  isStreamingActive: z.array(z.boolean()),
  isRecordingActive: z.boolean(),
  isRecordingAudioActive: z.boolean(),
  areEventSnapshotsActive: z.boolean(),
  arePeriodicSnapshotsActive: z.boolean(),
  isIndicatorActive: z.boolean(),
  isNightVisionActive: z.boolean(),
  isMicrophoneMuted: z.boolean(),
  selectedConfiguration: z.base64().optional(),
})
