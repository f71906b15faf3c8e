import { execFile } from 'node:child_process'
import { rename, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'

import type { AccessoryClient } from '../accessory-client.ts'

const run = promisify(execFile)
const FFMPEG_MS = 20_000
const SIZE = { width: 1280, height: 720 }

/** Whether ffmpeg can be run by this name. */
export async function hasFfmpeg(ffmpeg: string): Promise<boolean> {
  return run(ffmpeg, ['-version'], { timeout: FFMPEG_MS }).then(
    () => true,
    () => false,
  )
}

/**
 * Makes a picture of the key frame at a time of a clip. Without one the clip is as good as before.
 *
 * @param base The path of the clip without its ending.
 */
export async function posterOf(ffmpeg: string, base: string, atMs: number): Promise<void> {
  const part = `${base}.part.jpg`
  const seek = ['-noaccurate_seek', '-ss', (atMs / 1000).toFixed(3)]
  const picture = ['-frames:v', '1', '-q:v', '4', '-f', 'image2', '-update', '1']
  const args = ['-v', 'error', '-nostdin', '-y', ...seek, '-i', `${base}.mp4`, ...picture, part]
  try {
    await run(ffmpeg, args, { timeout: FFMPEG_MS })
    await rename(part, `${base}.jpg`)
  } catch {
    await rm(part, { force: true })
  }
}

/** A picture that the camera takes itself, now; nothing when it will not. */
export async function posterFrom(client: AccessoryClient): Promise<Uint8Array | undefined> {
  return client.snapshot({ ...SIZE, reason: 1 }).catch(() => undefined)
}

/** Puts a picture beside a clip. Without one the clip is as good as before. */
export async function savePoster(base: string, picture: Uint8Array): Promise<void> {
  const part = `${base}.part.jpg`
  try {
    await writeFile(part, picture)
    await rename(part, `${base}.jpg`)
  } catch {
    await rm(part, { force: true })
  }
}
