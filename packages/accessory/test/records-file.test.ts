import { appendFile, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { type EventRecord, readEvents } from '@hksv/accessory'
import { expect, test } from 'vitest'

import { EventFile } from '../src/records/event-file.ts'
import { EventLog } from '../src/records/event-log.ts'
import { modeOf, temporaryDirectory } from './support/directory.ts'

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
  for (const size of sizes) expect(size).toBeLessThan(1024 * 1024 + 20_000)
  const ids = (await readEvents(directory)).map(({ id }) => id)
  expect(ids.at(-1)).toBe(300)
  expect(ids.length).toBeLessThanOrEqual(200)
  expect(ids.length).toBeGreaterThan(80)
})

test('a disk that takes nothing is said once, and what comes later is written', async () => {
  const directory = await temporaryDirectory()
  const said: string[] = []
  const log = { ...silent, warn: (...args: unknown[]) => void said.push(String(args.at(-1))) }
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
