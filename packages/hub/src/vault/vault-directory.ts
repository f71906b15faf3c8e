import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { adoptClip, describeClip } from './adopt.ts'
import { clipDate } from './clip-name.ts'
import type { ClipSidecar } from './sidecar.ts'

/** What a vault may keep. */
export interface VaultLimits {
  /** Of all files together; the oldest clips go first. */
  readonly maxBytes?: number
  readonly maxAgeMs?: number
}

/** What was found and done in a directory. */
export interface Tidied {
  /** Clips that an interrupted recorder left, by path. */
  readonly adopted: readonly { readonly path: string; readonly clip: ClipSidecar }[]
  /** Clips that could not be put in order, and why: they stay as they are, and are tried again. */
  readonly failed: readonly { readonly path: string; readonly cause: unknown }[]
  /** Clips that went, since they were too old or too much, by path. */
  readonly removed: readonly string[]
  /** How many clips there are, and how large everything is. */
  readonly clips: number
  readonly bytes: number
}

const FINISHED = ['mp4', 'json', 'jpg']

interface Entry {
  readonly name: string
  readonly date: Date
  /** By ending, in bytes. */
  readonly files: Map<string, number>
}

/**
 * Puts a directory of clips in order: adopts what was left behind, and removes what is too old or too
 * much. Files that are not named like clips are nobody's business here.
 *
 * @param active Names of the clips that are being written: they are left alone.
 * @throws An error of the operating system
 */
export async function tidy(
  directory: string,
  limits: VaultLimits,
  active: ReadonlySet<string>,
  now: Date,
): Promise<Tidied> {
  const adopted: { path: string; clip: ClipSidecar }[] = []
  const failed: { path: string; cause: unknown }[] = []
  for (const entry of await entriesOf(directory)) {
    if (active.has(entry.name)) continue
    const base = join(directory, entry.name)
    try {
      const clip = await putInOrder(base, entry.files)
      if (clip !== undefined) adopted.push({ path: `${base}.mp4`, clip })
    } catch (cause) {
      failed.push({ path: `${base}.mp4`, cause })
    }
  }
  return { adopted, failed, ...(await enforce(directory, limits, active, now)) }
}

/** @returns What was adopted, if anything. */
async function putInOrder(
  base: string,
  files: ReadonlyMap<string, number>,
): Promise<ClipSidecar | undefined> {
  let clip: ClipSidecar | undefined
  if (files.has('part.mp4')) clip = await adoptClip(base)
  else if (files.has('mp4') && !files.has('json')) await describeClip(base)
  await removeStrays(base, files)
  return clip
}

/** What no clip has, like temporary files, and what belongs to a clip that is gone. */
async function removeStrays(base: string, files: ReadonlyMap<string, number>): Promise<void> {
  const hasClip = files.has('mp4') || files.has('part.mp4')
  for (const ending of files.keys()) {
    const isKept = hasClip && (FINISHED.includes(ending) || ending === 'part.mp4')
    if (!isKept) await rm(`${base}.${ending}`, { force: true })
  }
}

async function enforce(
  directory: string,
  { maxBytes = Number.POSITIVE_INFINITY, maxAgeMs = Number.POSITIVE_INFINITY }: VaultLimits,
  active: ReadonlySet<string>,
  now: Date,
): Promise<Pick<Tidied, 'removed' | 'clips' | 'bytes'>> {
  const entries = await entriesOf(directory)
  const sizeOf = ({ files }: Entry) => [...files.values()].reduce((sum, size) => sum + size, 0)
  let bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0)
  let clips = entries.length
  const removed: string[] = []
  for (const entry of entries) {
    const isOld = now.getTime() - entry.date.getTime() > maxAgeMs
    if (active.has(entry.name) || !(isOld || bytes > maxBytes)) continue
    const base = join(directory, entry.name)
    // The clip first: what is left of it otherwise would look like one.
    for (const ending of ['mp4', ...entry.files.keys()]) {
      await rm(`${base}.${ending}`, { force: true })
    }
    bytes -= sizeOf(entry)
    clips -= 1
    removed.push(`${base}.mp4`)
  }
  return { removed, clips, bytes }
}

/** Oldest first. */
async function entriesOf(directory: string): Promise<Entry[]> {
  const entries = new Map<string, Entry>()
  for (const file of (await readdir(directory)).sort()) {
    const dot = file.indexOf('.')
    const name = dot < 0 ? file : file.slice(0, dot)
    const date = clipDate(name)
    if (dot < 0 || date === undefined) continue
    const entry = entries.get(name) ?? { name, date, files: new Map<string, number>() }
    entries.set(name, entry)
    // It may have gone in the meantime.
    const size = await stat(join(directory, file)).then(
      found => found.size,
      () => 0,
    )
    entry.files.set(file.slice(dot + 1), size)
  }
  return [...entries.values()]
}
