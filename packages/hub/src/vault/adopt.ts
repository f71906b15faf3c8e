import { type FileHandle, open, rename, rm } from 'node:fs/promises'

import { FragmentInspector } from '@hksv/fmp4'

import { clipDate } from './clip-name.ts'
import { type ClipBeginning, type ClipSidecar, readBeginning, writeSidecar } from './sidecar.ts'
import { wholeParts } from './whole-fragments.ts'

/**
 * Makes a clip of what a recorder left that was killed: cuts it after the last whole fragment, and
 * gives it its name and its sidecar. What has no fragment is removed.
 *
 * @param base The path without any ending.
 * @returns Undefined when there was nothing to keep.
 * @throws An error of the operating system: nothing is lost, and it may be tried again.
 */
export async function adoptClip(base: string): Promise<ClipSidecar | undefined> {
  const part = `${base}.part.mp4`
  const sidecar = await salvage(base, part)
  if (sidecar !== undefined) {
    await writeSidecar(`${base}.json`, sidecar)
    await rename(part, `${base}.mp4`)
  } else {
    await rm(part, { force: true })
    await rm(`${base}.json`, { force: true })
  }
  await rm(`${base}.part.json`, { force: true })
  return sidecar
}

/** Describes a clip anew whose sidecar is missing. @throws An error of the operating system. */
export async function describeClip(base: string): Promise<void> {
  const file = await open(`${base}.mp4`, 'r')
  try {
    await writeSidecar(`${base}.json`, await describe(base, file))
  } finally {
    await file.close()
  }
}

async function salvage(base: string, part: string): Promise<ClipSidecar | undefined> {
  const file = await open(part, 'r+')
  try {
    const { fragmentEnds } = await wholeParts(file)
    const end = fragmentEnds.at(-1)
    if (end === undefined) return undefined
    await file.truncate(end)
    await file.sync()
    return await describe(base, file)
  } finally {
    await file.close()
  }
}

async function describe(base: string, file: FileHandle): Promise<ClipSidecar> {
  const { initEnd, fragmentEnds } = await wholeParts(file)
  const inspector = new FragmentInspector(await readPart(file, 0, initEnd))
  const findings = [...inspector.init.findings]
  const { tracks } = inspector.init.state
  const timescale = tracks.find(({ kind }) => kind === 'video')?.timescale ?? 1
  let duration = 0
  let from = initEnd
  // One at a time: a clip may be larger than the memory of a small computer.
  for (const end of fragmentEnds) {
    const { summary, findings: more } = inspector.inspect(await readPart(file, from, end))
    duration += summary.video?.duration ?? 0
    findings.push(...more)
    from = end
  }
  return {
    ...((await readBeginning(`${base}.part.json`)) ?? guessBeginning(base)),
    endedAt: null,
    durationMs: (duration / timescale) * 1000,
    fragments: fragmentEnds.length,
    bytes: from,
    endedBy: 'interruption',
    reason: 'the recorder was interrupted',
    isComplete: false,
    times: {},
    findings: findings.map(({ rule, text }) => `${rule}: ${text}`),
  }
}

async function readPart(file: FileHandle, from: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - from)
  await file.read(bytes, 0, bytes.length, from)
  return bytes
}

/** The name says when, and of whom. */
function guessBeginning(base: string): ClipBeginning {
  const name = base.slice(base.lastIndexOf('/') + 1)
  const date = (clipDate(name) ?? new Date(0)).toISOString()
  const deviceId = name.slice(-12).match(/../g)?.join(':') ?? ''
  return {
    format: 1,
    camera: { deviceId, name: null },
    trigger: 'motion',
    motionAt: date,
    startedAt: date,
    configuration: null,
  }
}
