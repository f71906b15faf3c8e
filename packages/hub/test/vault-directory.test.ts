import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import { ControllerStore, clipName, keepVault, type VaultEvent, type VaultLimits } from '@hksv/hub'
import { expect, test } from 'vitest'

import { recordingOf } from './support/media.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'

const media = recordingOf(3)
const whole = Buffer.concat([media.init, ...media.fragments])
const deviceId = 'AA:BB:CC:DD:EE:0F'

/** A vault that has nothing to do but to put its directory in order. */
async function open(directory: string, limits: VaultLimits = {}): Promise<VaultEvent[]> {
  const store = await ControllerStore.open(temporaryDirectory(), crypto)
  const events: VaultEvent[] = []
  const onEvent = (event: VaultEvent) => events.push(event)
  await keepVault({ store, directory, signal: AbortSignal.abort(), onEvent, ...limits })
  return events
}

function nameAt(ageMs: number): string {
  return clipName({ name: 'Porch', deviceId }, new Date(Date.now() - ageMs))
}

/** Where fragments end, the first being the end of the initialization. */
const ends = media.fragments.map((_, i) =>
  [media.init, ...media.fragments.slice(0, i + 1)].reduce((sum, { length }) => sum + length, 0),
)
ends.unshift(media.init.length)
const cuts = [
  ...new Set([
    0,
    1,
    ...ends.flatMap(end => [end - 1, end, end + 1, end + 7, end + 8, end + 15, end + 200]),
    ...Array.from({ length: 20 }, (_, i) => Math.floor((whole.length * i) / 20)),
  ]),
].filter(cut => cut <= whole.length)

test.each(cuts)(
  'what kill -9 leaves after %i bytes is cut after its last whole fragment',
  async cut => {
    const directory = temporaryDirectory()
    const name = nameAt(1000)
    writeFileSync(join(directory, `${name}.part.mp4`), whole.subarray(0, cut))
    const motionAt = '2026-01-01T00:00:00.000Z'
    const camera = { deviceId, name: 'Porch' }
    const beginning = {
      format: 1,
      camera,
      trigger: 'motion',
      motionAt,
      startedAt: motionAt,
      configuration: null,
    }
    writeFileSync(join(directory, `${name}.part.json`), JSON.stringify(beginning))
    await open(directory)
    const fragments = ends.slice(1).filter(end => end <= cut).length
    if (fragments === 0) {
      expect(readdirSync(directory)).toEqual([])
      return
    }
    expect(readdirSync(directory)).toEqual([`${name}.json`, `${name}.mp4`])
    const clip = readFileSync(join(directory, `${name}.mp4`))
    expect(clip.equals(whole.subarray(0, ends[fragments]))).toBe(true)
    expect(JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'))).toEqual({
      ...beginning,
      endedAt: null,
      durationMs: fragments * 4000,
      fragments,
      bytes: clip.length,
      endedBy: 'interruption',
      reason: 'the recorder was interrupted',
      isComplete: false,
      times: {},
      findings: [],
    })
  },
)

test('zeros of a power cut and a sidecar cut short do not hide the clip', async () => {
  const directory = temporaryDirectory()
  const name = nameAt(1000)
  const torn = Buffer.concat([whole.subarray(0, ends[1]), Buffer.alloc(100_000)])
  writeFileSync(join(directory, `${name}.part.mp4`), torn)
  writeFileSync(join(directory, `${name}.part.json`), '{"format":1,"cam')
  writeFileSync(join(directory, `${name}.json.12345`), '{')
  const events = await open(directory)
  expect(events[0]).toMatchObject({ event: 'adopted', path: join(directory, `${name}.mp4`) })
  expect(readdirSync(directory)).toEqual([`${name}.json`, `${name}.mp4`])
  expect(JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'))).toMatchObject({
    camera: { deviceId, name: null },
    fragments: 1,
  })
})

test('a clip whose sidecar is missing gets one', async () => {
  const directory = temporaryDirectory()
  const name = nameAt(1000)
  writeFileSync(join(directory, `${name}.mp4`), whole)
  await open(directory)
  const sidecar = JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8'))
  expect(sidecar).toMatchObject({ fragments: 3, durationMs: 12_000, bytes: whole.length })
})

test('the oldest clips go first, with all that belongs to them, until the rest fits', async () => {
  const directory = temporaryDirectory()
  const names = [5000, 4000, 3000, 2000].map(nameAt)
  for (const name of names) {
    writeFileSync(join(directory, `${name}.mp4`), Buffer.alloc(1000))
    writeFileSync(join(directory, `${name}.json`), Buffer.alloc(100))
    writeFileSync(join(directory, `${name}.jpg`), Buffer.alloc(100))
  }
  const events = await open(directory, { maxBytes: 2500 })
  const removed = events.filter(({ event }) => event === 'removed')
  expect(removed).toEqual(
    names.slice(0, 2).map(name => ({ event: 'removed', path: join(directory, `${name}.mp4`) })),
  )
  expect(readdirSync(directory)).toHaveLength(6)
  expect(events.at(-1)).toEqual({ event: 'kept', clips: 2, bytes: 2400 })
})

test('clips that are too old go', async () => {
  const directory = temporaryDirectory()
  const [old, young] = [nameAt(3_600_001 + 1000), nameAt(3_500_000)]
  for (const name of [old, young]) {
    writeFileSync(join(directory, `${name}.mp4`), whole)
    writeFileSync(join(directory, `${name}.json`), '{}')
  }
  await open(directory, { maxAgeMs: 3_600_000 })
  expect(readdirSync(directory)).toEqual([`${young}.json`, `${young}.mp4`])
})

test('files that are not its own are left alone', async () => {
  const directory = temporaryDirectory()
  const foreign = ['holiday.mp4', 'notes.txt', 'x.part.mp4', '20261123T164012345Z.mp4']
  for (const name of foreign) writeFileSync(join(directory, name), 'precious')
  mkdirSync(join(directory, 'folder'))
  await open(directory, { maxBytes: 1, maxAgeMs: 1 })
  expect(readdirSync(directory).sort()).toEqual([...foreign, 'folder'].sort())
})

test('a clip that cannot be put in order does not stop the others', async () => {
  const directory = temporaryDirectory()
  const [bad, good] = [nameAt(2000), nameAt(1000)]
  mkdirSync(join(directory, `${bad}.part.mp4`))
  writeFileSync(join(directory, `${good}.part.mp4`), whole)
  const events = await open(directory)
  expect(events).toContainEqual({
    event: 'failed',
    message: expect.stringMatching(/Cannot put .*: it is a directory\. It is tried again\./),
  })
  expect(readdirSync(directory)).toEqual([`${bad}.part.mp4`, `${good}.json`, `${good}.mp4`])
})

test('two vaults on one directory are refused, also by another name of it', async () => {
  const directory = temporaryDirectory()
  const store = await ControllerStore.open(temporaryDirectory(), crypto)
  const stop = new AbortController()
  const { promise: isOpen, resolve } = deferred()
  const kept = keepVault({ store, directory, signal: stop.signal, onEvent: resolve })
  await isOpen
  await expect(
    keepVault({ store, directory: join(directory, '.'), signal: stop.signal }),
  ).rejects.toMatchObject({
    code: 'HUB_VAULT_IN_USE',
    message: expect.stringContaining(`process ${process.pid}`),
  })
  stop.abort()
  await kept
  await open(directory)
})

test('of several that begin at once one at most has the directory', async () => {
  const directory = temporaryDirectory()
  const store = await ControllerStore.open(temporaryDirectory(), crypto)
  const stop = new AbortController()
  let held = 0
  const vaults = Array.from({ length: 6 }, () =>
    keepVault({
      store,
      directory,
      signal: stop.signal,
      onEvent: ({ event }) => {
        if (event === 'kept') held++
      },
    }).catch((error: unknown) => error),
  )
  await settled(vaults, 5)
  expect(held).toBeLessThanOrEqual(1)
  stop.abort()
  const ends = await Promise.all(vaults)
  const codes = ends.filter(end => end !== undefined)
  expect(codes.length).toBeGreaterThanOrEqual(5)
  for (const error of codes) expect(error).toMatchObject({ code: 'HUB_VAULT_IN_USE' })
})

test('a directory that cannot be made is one sentence', async () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  await expect(open(join(file, 'clips'))).rejects.toMatchObject({
    code: 'HUB_CLIP_UNWRITABLE',
    message: expect.stringMatching(/Choose another directory\.$/),
  })
  expect(existsSync(file)).toBe(true)
})

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}

/** When so many of them have ended. */
async function settled(vaults: readonly Promise<unknown>[], count: number): Promise<void> {
  let ended = 0
  await new Promise<void>(resolve => {
    for (const vault of vaults) {
      void vault.then(() => {
        ended++
        if (ended === count) resolve()
      })
    }
  })
}
