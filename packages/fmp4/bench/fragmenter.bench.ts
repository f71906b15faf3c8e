// CPU of Fragmenter.push against Buffer.concat of the same bytes per fragment.
// usage: npx tsx --conditions @hksv/source packages/fmp4/bench/fragmenter.bench.ts [--json]
import { cpus } from 'node:os'

import { Fragmenter, type MediaSample, renderFragment } from '@hksv/fmp4'

const seconds = 400
const runs = 7

/** 30 pictures a second, a key frame of 8 pictures' size every 4 s, AAC at 32 kHz. */
function stream(bitsPerSecond: number): MediaSample[] {
  const perFragment = (bitsPerSecond / 8) * 4 - 125 * 250
  const unit = Math.floor(perFragment / 127)
  const source = Buffer.alloc(unit * 8, 0x41)
  const samples: MediaSample[] = []
  let audio = 0
  for (let i = 0; i < seconds * 30; i++) {
    const isSync = i % 120 === 0
    const data = source.subarray(0, isSync ? unit * 8 : unit)
    samples.push({ track: 'video', decodeTime: i * 3000, isSync, data })
    while (audio * 1024 * 30 <= (i + 1) * 32_000) {
      const decodeTime = audio++ * 1024
      samples.push({ track: 'audio', decodeTime, isSync: true, data: source.subarray(0, 250) })
    }
  }
  return samples
}

function cpuMs(run: () => number): number {
  const before = process.cpuUsage()
  if (run() < 90) throw new Error('fragments are missing')
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function concat(samples: readonly MediaSample[]): number {
  let parts: Uint8Array[] = []
  let count = 0
  for (const sample of samples) {
    if (sample.isSync && sample.track === 'video' && parts.length > 0) {
      count += Buffer.concat(parts).length > 0 ? 1 : 0
      parts = []
    }
    parts.push(sample.data)
  }
  return count
}

function fragment(samples: readonly MediaSample[], isRendered: boolean): number {
  const fragmenter = new Fragmenter({
    video: { timescale: 90_000 },
    audio: { sampleRate: 32_000, frameLength: 1024 },
    allocate: length => Buffer.allocUnsafeSlow(length),
  })
  let count = 0
  for (const sample of samples) {
    const done = fragmenter.push(sample)
    if (done === undefined) continue
    count++
    if (isRendered)
      renderFragment(done, { sequenceNumber: count, origin: { videoTime: 0 }, withAudio: true })
  }
  return count
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

for (const bitsPerSecond of [2_000_000, 8_000_000]) {
  const samples = stream(bitsPerSecond)
  const times = { concat: [] as number[], push: [] as number[], pushAndRender: [] as number[] }
  for (let i = 0; i <= runs; i++) {
    const row = {
      concat: cpuMs(() => concat(samples)),
      push: cpuMs(() => fragment(samples, false)),
      pushAndRender: cpuMs(() => fragment(samples, true)),
    }
    if (i === 0) continue // warm-up
    for (const key of ['concat', 'push', 'pushAndRender'] as const) times[key].push(row[key])
  }
  const base = median(times.concat)
  const result = {
    ...{ bitsPerSecond, seconds, concatMs: base, pushMs: median(times.push) },
    pushRatio: median(times.push) / base,
    pushAndRenderRatio: median(times.pushAndRender) / base,
    cpuMsPerFragment: median(times.push) / (seconds / 4),
    ...{ node: process.version, cpu: cpus()[0]?.model },
  }
  console.log(process.argv.includes('--json') ? JSON.stringify(result) : result)
}
