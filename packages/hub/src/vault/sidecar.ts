import { readFile } from 'node:fs/promises'

import type { SelectedCameraRecordingConfiguration } from '@hksv/hap'
import * as v from 'valibot'
import writeFileAtomic from 'write-file-atomic'

import type { RecordingTimes } from '../recording.ts'

/** What is known of a clip when it begins. */
export interface ClipBeginning {
  readonly format: 1
  readonly camera: { readonly deviceId: string; readonly name: string | null }
  readonly trigger: 'motion'
  /** When the motion was reported, ISO 8601. */
  readonly motionAt: string
  /** When the camera was asked to record, ISO 8601. */
  readonly startedAt: string
  /** What the camera was told to record. */
  readonly configuration: SelectedCameraRecordingConfiguration | null
}

/** What stands beside a clip, in JSON. */
export interface ClipSidecar extends ClipBeginning {
  /** ISO 8601; `null` when nobody saw the end. */
  readonly endedAt: string | null
  /** Of the video. */
  readonly durationMs: number
  readonly fragments: number
  readonly bytes: number
  readonly endedBy: 'hub' | 'camera' | 'connection' | 'interruption'
  /** See `RecordingEnd`. */
  readonly reason: string
  readonly isComplete: boolean
  /** Milliseconds from the decision to record until each step was done. */
  readonly times: RecordingTimes
  /** What is wrong with the MP4, one sentence each. */
  readonly findings: readonly string[]
}

const beginningSchema = v.looseObject({
  format: v.literal(1),
  camera: v.object({ deviceId: v.string(), name: v.nullable(v.string()) }),
  trigger: v.literal('motion'),
  motionAt: v.string(),
  startedAt: v.string(),
  configuration: v.unknown(),
})

/** Writes JSON so that kill -9 leaves the old file or the new one. */
export async function writeSidecar(
  path: string,
  value: ClipBeginning | ClipSidecar,
): Promise<void> {
  // The trigger bits are of 64 bits.
  const replace = (_: string, member: unknown) =>
    typeof member === 'bigint' ? Number(member) : member
  await writeFileAtomic(path, `${JSON.stringify(value, replace, 2)}\n`)
}

/** @returns Nothing when there is none that can be read. */
export async function readBeginning(path: string): Promise<ClipBeginning | undefined> {
  try {
    const parsed = v.safeParse(beginningSchema, JSON.parse(await readFile(path, 'utf8')))
    // Its configuration is passed on as it is.
    return parsed.success ? (parsed.output as unknown as ClipBeginning) : undefined
  } catch {
    // Not there, or half of it: the clip is worth more than what was said about it.
    return undefined
  }
}
