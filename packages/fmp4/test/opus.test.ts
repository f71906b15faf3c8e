import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { initSegment, type OpusTrack } from '@hksv/fmp4'
import { expect, onTestFinished, test } from 'vitest'

import { findBox, findBoxes } from './support/patch.ts'
import { video } from './support/stream.ts'

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
if (!hasFfmpeg && process.env['CI'] === 'true') throw new Error('ffmpeg is missing in CI')

const audio: OpusTrack = { codec: 'opus', trackId: 2, channels: 1, inputSampleRate: 16_000 }

test('an Opus track is timed at 48 kHz and says how far ahead decoding begins', () => {
  const init = initSegment({ video, audio })
  expect(findBox(init, 'mdhd', 1).fields).toMatchObject({ timescale: 48_000 })
  expect(findBox(init, 'Opus').fields).toMatchObject({ channelCount: 1, sampleRate: 48_000 })
  expect(findBox(init, 'dOps').fields).toMatchObject({
    version: 0,
    outputChannelCount: 1,
    preSkip: 0,
    inputSampleRate: 16_000,
    outputGain: 0,
    channelMappingFamily: 0,
  })
  expect(findBox(init, 'sgpd')).toMatchObject({
    version: 2,
    fields: { groupingType: 'roll', entryCount: 1, rollDistance: -4 },
  })
  expect(findBoxes(initSegment({ video }), 'Opus')).toEqual([])
})

test.runIf(hasFfmpeg)('the sample entry is, byte by byte, that of ffmpeg', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-opus-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'tone.mp4')
  const tone = ['-f', 'lavfi', '-i', 'sine=duration=1', '-ac', '1', '-ar', '16000']
  execFileSync('ffmpeg', ['-v', 'error', ...tone, '-c:a', 'libopus', path])
  const theirs = new Uint8Array(readFileSync(path))
  const { offset, size } = findBox(theirs, 'Opus')
  const { preSkip, inputSampleRate } = findBox(theirs, 'dOps').fields
  const ours = initSegment({
    video,
    audio: { ...audio, preSkip: Number(preSkip), inputSampleRate: Number(inputSampleRate) },
  })
  const entry = findBox(ours, 'Opus')
  // ffmpeg adds a btrt box behind dOps, which is no part of the mapping.
  const own = ours.subarray(entry.offset + 8, entry.offset + entry.size)
  expect(own).toEqual(theirs.subarray(offset + 8, offset + Math.min(size, entry.size)))
})
