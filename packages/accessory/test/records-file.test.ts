import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import {
  backUpState,
  checkState,
  type EventRecord,
  readEvents,
  resetState,
  startAccessory,
} from '@hksv/accessory'
import { build } from 'esbuild'
import { expect, test } from 'vitest'

import { EventFile } from '../src/records/event-file.ts'
import { EventLog } from '../src/records/event-log.ts'
import { contents, modeOf, temporaryDirectory } from './support/directory.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

function recordOf(id: number, more: Partial<EventRecord> = {}): EventRecord {
  return {
    id,
    camera: 'Porch',
    at: '2026-11-23T12:00:00.000Z',
    trigger: { kind: 'motion', source: 'control' },
    triggers: 1,
    readiness: 'armed',
    told: [],
    setUps: [],
    recordings: [],
    sourceFailures: [],
    outcome: 'nobody-told',
    ...more,
  }
}

/** Hears what is warned of, as `code text`. */
function listening() {
  const said: string[] = []
  const warn = (details: object | string, text?: string) => {
    const { err } = details as { err?: NodeJS.ErrnoException }
    said.push(`${err?.code} ${text}`)
  }
  return { said, log: { ...silent, warn } }
}

async function openLog(directory: string) {
  const final: EventRecord[] = []
  const log = await EventLog.open({
    directory,
    camera: 'Porch',
    now: () => performance.now(),
    log: silent,
    final: record => final.push(record),
  })
  return { log, final }
}

test('gives back what was written, the last line of each event, for nobody else to read', async () => {
  const directory = await temporaryDirectory()
  const file = new EventFile(directory, silent)
  file.append(recordOf(1, { outcome: 'pending' }))
  file.append(recordOf(2))
  file.append(recordOf(1))
  await file.close()
  expect(await readEvents(directory)).toEqual([recordOf(1), recordOf(2)])
  expect(await modeOf(join(directory, 'events.jsonl'))).toBe(0o600)
  expect(await readEvents(join(directory, 'none'))).toEqual([])
})

test('passes over what is damaged, and goes on behind half a line', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'events.jsonl')
  const damaged = ['', 'null', '[]', '{"id":1}', '{"id":3,"camera"', '\u0000\uFFFD', '{"id":"4"}']
  await writeFile(path, `${JSON.stringify(recordOf(1))}\n${damaged.join('\n')}`)
  const file = new EventFile(directory, silent)
  file.append(recordOf(5))
  await file.close()
  expect(await readEvents(directory)).toEqual([recordOf(1), recordOf(5)])
})

test('has two megabytes at most, and the last 200 events in them', async () => {
  const directory = await temporaryDirectory()
  const file = new EventFile(directory, silent)
  const told = Array.from({ length: 60 }, (_, i) => `${i}`.padEnd(200, 'x'))
  for (let id = 1; id <= 300; id++) {
    file.append(recordOf(id, { told }))
    await file.close()
  }
  const sizes = await Promise.all(
    ['events.jsonl', 'events.previous.jsonl'].map(async name => {
      const { size } = await stat(join(directory, name))
      return size
    }),
  )
  for (const size of sizes) expect(size).toBeLessThanOrEqual(1024 * 1024)
  const ids = (await readEvents(directory)).map(({ id }) => id)
  expect(ids.at(-1)).toBe(300)
  expect(ids.length).toBeLessThanOrEqual(200)
  expect(ids.length).toBeGreaterThan(80)
})

/** As long as a record can be. */
function longest(id: number): EventRecord {
  const text = '\uFFFD'.repeat(256)
  const many = <T>(item: T) => Array.from({ length: 64 }, () => item)
  return recordOf(id, {
    told: many(text),
    setUps: many({ controllerId: text, afterMs: 1e12, helloAfterMs: 1e12 }),
    recordings: many({ controllerId: text, address: text, openAfterMs: 1e12, refused: text }),
    sourceFailures: many({ afterMs: 1e12, message: text }),
  })
}

test('reads no more than the camera would have written', async () => {
  const directory = await temporaryDirectory()
  const path = join(directory, 'events.jsonl')
  await writeFile(path, `${JSON.stringify(recordOf(1))}\n`)
  await truncate(path, 4 * 1024 ** 3)
  await appendFile(path, `\n${JSON.stringify(recordOf(2))}\n`)
  expect(await readEvents(directory)).toEqual([recordOf(2)])
})

test('more at once than a disk can be given is lost, said once, and nothing grows', async () => {
  const directory = await temporaryDirectory()
  const { said, log } = listening()
  const file = new EventFile(directory, log)
  for (let id = 1; id <= 50; id++) file.append(longest(id))
  await file.close()
  expect(said).toHaveLength(1)
  file.append(recordOf(51))
  await file.close()
  for (const text of Object.values(await contents(directory))) {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024)
  }
  const records = await readEvents(directory)
  expect(records.length).toBeGreaterThan(2)
  for (const record of records.slice(0, -1)) expect(record).toEqual(longest(record.id))
  expect(records.at(-1)).toEqual(recordOf(51))
})

test.skipIf(!existsSync('/dev/full'))('a full disk is said once, and stops nothing', async () => {
  const directory = await temporaryDirectory()
  await symlink('/dev/full', join(directory, 'events.jsonl'))
  const { said, log } = listening()
  const events = await EventLog.open({
    directory,
    camera: 'Porch',
    now: () => performance.now(),
    log,
    final: () => undefined,
  })
  for (let i = 0; i < 3; i++) {
    events.keeper.triggered('motion', { source: 'key', readiness: 'armed', told: [] })
    await events.close()
  }
  expect(said).toEqual([expect.stringMatching(/^ENOSPC.* Events cannot be written/)])
  expect(events.records.map(({ id }) => id)).toEqual([1, 2, 3])
})

test('a disk that takes nothing is said once, and what comes later is written', async () => {
  const directory = await temporaryDirectory()
  const { said, log } = listening()
  const file = new EventFile(directory, log)
  // Not even root can write into what is no directory entry for a file.
  await mkdir(join(directory, 'events.jsonl'))
  for (const id of [1, 2]) {
    file.append(recordOf(id))
    await file.close()
  }
  expect(said).toEqual([expect.stringContaining('Events cannot be written')])
  await rm(join(directory, 'events.jsonl'), { recursive: true })
  file.append(recordOf(3))
  await file.close()
  expect(await readEvents(directory)).toEqual([recordOf(3)])
  // It is news again.
  await rm(join(directory, 'events.jsonl'))
  await mkdir(join(directory, 'events.jsonl'))
  file.append(recordOf(4))
  await file.close()
  expect(said).toHaveLength(2)
})

test('remembers the last 200 events, in memory and over a restart', async () => {
  const directory = await temporaryDirectory()
  const { log } = await openLog(directory)
  for (let i = 0; i < 205; i++) {
    log.keeper.triggered('motion', { source: 'key', readiness: 'armed', told: [] })
    // Ends the event that is going on, and nothing else.
    await log.close()
  }
  const ids = Array.from({ length: 200 }, (_, i) => i + 6)
  expect(log.records.map(({ id }) => id)).toEqual(ids)
  expect((await readEvents(directory)).map(({ id }) => id)).toEqual(ids)
  expect((await openLog(directory)).log.records.map(({ id }) => id)).toEqual(ids)
})

test('goes on counting after a restart, and tells what was left open', async () => {
  const directory = await temporaryDirectory()
  const first = await openLog(directory)
  first.log.keeper.triggered('motion', { source: 'key', readiness: 'camera-off', told: [] })
  await first.log.close()
  expect(first.final.map(({ outcome }) => outcome)).toEqual(['interrupted'])
  // As a kill leaves it: begun, and never over.
  await appendFile(
    join(directory, 'events.jsonl'),
    `${JSON.stringify(recordOf(2, { outcome: 'pending' }))}\n`,
  )
  const second = await openLog(directory)
  expect(second.log.records.map(({ id, outcome }) => [id, outcome])).toEqual([
    [1, 'interrupted'],
    [2, 'interrupted'],
  ])
  second.log.keeper.triggered('motion', { source: 'key', readiness: 'armed', told: [] })
  expect(second.log.records.at(-1)).toMatchObject({ id: 3, outcome: 'pending' })
  await second.log.close()
  const stored = await readEvents(directory)
  expect(stored.map(({ outcome }) => outcome)).toEqual(Array(3).fill('interrupted'))
})

test('kill -9 loses no event that was over, and interrupts the one that was not', {
  timeout: 120_000,
}, async () => {
  const directory = await temporaryDirectory()
  const child = join(await temporaryDirectory(), 'keep-forever.cjs')
  const source = fileURLToPath(new URL('support/keep-forever.ts', import.meta.url))
  await build({ entryPoints: [source], outfile: child, bundle: true, platform: 'node' })
  let first = 1
  for (let kill = 0; kill < 10; kill++) {
    const writer = spawn(process.execPath, [child, directory])
    const closed = new Promise(resolve => writer.on('close', resolve))
    let reported = 0
    for await (const line of createInterface({ input: writer.stdout })) {
      reported = Number(line)
      if (reported >= first + 2 * kill) writer.kill('SIGKILL')
    }
    await closed
    expect(reported).toBeGreaterThanOrEqual(first + 2 * kill)
    const { log } = await openLog(directory)
    await log.close()
    const here = (await readEvents(directory)).filter(({ id }) => id >= first)
    const last = here.at(-1)?.id ?? 0
    expect([reported, reported + 1]).toContain(last)
    expect(here.map(({ id }) => id)).toEqual(here.map((_, i) => first + i))
    for (const { id, outcome } of here) {
      expect(outcome).not.toBe('pending')
      if (id <= reported) expect(outcome).not.toBe('interrupted')
    }
    expect(log.records.at(-1)?.id).toBe(last)
    first = last + 1
  }
})

test('what is read while a file gives way to the next one lacks nothing', async () => {
  const directory = await temporaryDirectory()
  const file = new EventFile(directory, silent)
  const told = Array.from({ length: 60 }, () => 'x'.repeat(200))
  for (let id = 1; id <= 180; id++) {
    file.append(recordOf(id, { told }))
    const [records] = await Promise.all([readEvents(directory), file.close()])
    const ids = records.map(one => one.id)
    // Without a gap up to the one that is being written.
    expect(ids).toEqual(ids.map((_, i) => (ids[0] ?? 0) + i))
    expect([id - 1, id]).toContain(ids.at(-1) ?? 0)
  }
})

test('events are no state: neither check nor backup nor reset asks for them', async () => {
  const storage = join(await temporaryDirectory(), 'state')
  const options = { name: 'Thing', host: '127.0.0.1', mdns: false, storage, services: {} }
  await (await startAccessory(options)).close()
  const report = await checkState(storage)
  await writeFile(join(storage, 'events.jsonl'), 'damaged\n', { mode: 0o644 })
  await writeFile(join(storage, 'events.previous.jsonl'), `${JSON.stringify(recordOf(7))}\n`)
  expect(await checkState(storage)).toEqual(report)
  const { files } = await backUpState(storage, join(storage, 'backup.json'))
  expect(Object.keys(files).filter(name => name.startsWith('events'))).toEqual([])
  await (await startAccessory(options)).close()
  await resetState(storage)
  expect(await readEvents(storage)).toEqual([recordOf(7)])
})
