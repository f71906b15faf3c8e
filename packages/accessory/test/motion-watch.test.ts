import { MediaError, type MotionSensor, type Seen, systemClock } from '@hksv/media'
import { expect, onTestFinished, test } from 'vitest'

import { MotionWatch } from '../src/camera/motion-watch.ts'
import { SourceReader } from '../src/camera/source-reader.ts'
import { HandSource } from './support/hand-source.ts'
import { pass, settled, virtualTime } from './support/virtual-hub.ts'

const warnings: string[] = []
const silent = {
  debug() {},
  info() {},
  warn: (_about: unknown, text?: string) => void warnings.push(text ?? ''),
  error() {},
}

/** A sensor that sees what the test says, and what became of it. */
function handSensor(name: string) {
  const watches: { seen: Seen; fail: (error: Error) => void; signal: AbortSignal }[] = []
  const sensor: MotionSensor = {
    name,
    watch: (seen, signal) =>
      new Promise((resolve, fail) => {
        watches.push({ seen, fail, signal })
        signal.addEventListener('abort', () => resolve())
      }),
  }
  return { sensor, watches }
}

async function watching(options: { sensors?: MotionSensor[]; videoSensitivity?: number } = {}) {
  virtualTime()
  const source = await HandSource.open()
  const clock = systemClock
  const reader = new SourceReader({ source, log: silent, clock, failed: () => undefined })
  const told: string[] = []
  const watch = new MotionWatch({
    reader,
    videoSensitivity: options.videoSensitivity,
    sensors: options.sensors ?? [],
    log: silent,
    clock,
    seen: (by, durationMs) => void told.push(`${by} ${durationMs}`),
    rang: by => void told.push(`${by} rings`),
    clear: () => void told.push('clear'),
  })
  onTestFinished(() => {
    watch.stop()
    return reader.close()
  })
  return { source, reader, told, watch }
}

test('tells what each sensor sees, from the start to the stop', async () => {
  const [one, other] = [handSensor('mqtt'), handSensor('onvif')]
  const { watch, told } = await watching({ sensors: [one.sensor, other.sensor] })
  expect(one.watches).toHaveLength(0)
  watch.start()
  watch.start()
  expect([one.watches.length, other.watches.length]).toEqual([1, 1])
  one.watches[0]?.seen()
  other.watches[0]?.seen()
  expect(told).toEqual(['mqtt 10000', 'onvif 10000'])
  watch.stop()
  expect(one.watches[0]?.signal.aborted).toBe(true)
  one.watches[0]?.seen()
  expect(told).toHaveLength(2)
  watch.start()
  expect(one.watches).toHaveLength(2)
})

test('a sensor that fails is asked again, ever later', async () => {
  const { sensor, watches } = handSensor('mqtt')
  const { watch } = await watching({ sensors: [sensor] })
  watch.start()
  for (const wait of [1000, 2000, 4000]) {
    const before = watches.length
    watches.at(-1)?.fail(new Error('no broker'))
    await pass(wait - 1)
    expect(watches).toHaveLength(before)
    await pass(1)
    expect(watches).toHaveLength(before + 1)
  }
  watch.stop()
  await pass(120_000)
  expect(watches).toHaveLength(4)
})

test('the same failure is told once, and a wrong password tried less often', async () => {
  const { sensor, watches } = handSensor('onvif://camera')
  const { watch } = await watching({ sensors: [sensor] })
  warnings.length = 0
  watch.start()
  for (const wait of [10_000, 20_000, 40_000]) {
    const before = watches.length
    watches.at(-1)?.fail(new MediaError('MEDIA_HTTP_AUTH'))
    await pass(wait - 1)
    expect(watches).toHaveLength(before)
    await pass(1)
    expect(watches).toHaveLength(before + 1)
  }
  expect(warnings).toEqual(['Motion is not seen through onvif://camera.'])
})

test('a press is told at once, also while motion rests', async () => {
  const { sensor, watches } = handSensor('onvif')
  const { watch, told } = await watching({ sensors: [sensor] })
  watch.start()
  for (let second = 0; second <= 120; second++) {
    watches[0]?.seen()
    await pass(1000)
  }
  expect(told.at(-1)).toBe('clear')
  watches[0]?.seen('ring')
  expect(told.at(-1)).toBe('onvif rings')
  watch.stop()
  watches[0]?.seen('ring')
  expect(told.filter(one => one === 'onvif rings')).toHaveLength(1)
})

test('a sensor that is lost while on leaves what it saw to end by itself', async () => {
  const { sensor, watches } = handSensor('onvif')
  const { watch, told } = await watching({ sensors: [sensor] })
  watch.start()
  watches[0]?.seen()
  watches[0]?.fail(new Error('gone'))
  await pass(60_000)
  expect(told).toEqual(['onvif 10000'])
})

test('motion that never rests is over after two minutes, and counts again after ten seconds', async () => {
  const { sensor, watches } = handSensor('mqtt')
  const { watch, told } = await watching({ sensors: [sensor] })
  watch.start()
  for (let second = 0; second < 120; second++) {
    watches[0]?.seen()
    await pass(1000)
  }
  expect(told).not.toContain('clear')
  watches[0]?.seen()
  expect(told.at(-1)).toBe('clear')
  await pass(9999)
  watches[0]?.seen()
  expect(told.at(-1)).toBe('clear')
  await pass(1)
  watches[0]?.seen()
  expect(told.at(-1)).toBe('mqtt 10000')
  // A motion after a pause is another one.
  for (let minute = 0; minute < 5; minute++) {
    await pass(60_000)
    watches[0]?.seen()
  }
  expect(told.filter(one => one === 'clear')).toHaveLength(1)
})

test('sees motion in the pictures of the source, as long as it watches', async () => {
  const { source, watch, told } = await watching({ videoSensitivity: 50 })
  watch.start()
  await settled()
  let time = 0
  const show = async (seconds: number, size: number) => {
    for (const end = time + 1000 * seconds; time < end; time += 100) {
      source.picture(time, time % 2000 === 0, size)
    }
    await settled()
  }
  await show(20, 1000)
  expect(told).toEqual([])
  await show(3, 4000)
  expect(told[0]).toBe('video 10000')
  watch.stop()
  await settled()
  const before = told.length
  await show(3, 4000)
  expect(told).toHaveLength(before)
})
