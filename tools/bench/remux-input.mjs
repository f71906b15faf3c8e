// What the remux benchmark reads: the same 1080p H.264 of 2 Mbit/s and AAC-LC, made once by ffmpeg, in
// every form that one of the contenders takes.
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { readMovie, writeAvcConfiguration } from '@hksv/fmp4'

const SECONDS = 20
/** How often it is played in one run. */
const LOOPS = 5
const FRAMES_PER_SECOND = 30
const GROUP_SECONDS = 4

/** How many fragments come of it. */
export const FRAGMENTS = (SECONDS * LOOPS) / GROUP_SECONDS

/**
 * Makes the files in a directory.
 *
 * @param {{ bitRate?: string, groupSeconds?: number }} options Of the video.
 */
export async function makeRemuxInput(
  directory,
  { bitRate = '2M', groupSeconds = GROUP_SECONDS } = {},
) {
  const path = name => join(directory, name)
  const ffmpeg = (...args) => execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args])
  const picture = `testsrc2=size=1920x1080:rate=${FRAMES_PER_SECOND},noise=alls=12:allf=t`
  ffmpeg(
    ...['-f', 'lavfi', '-t', `${SECONDS}`, '-i', picture],
    ...['-f', 'lavfi', '-t', `${SECONDS}`, '-i', 'sine=frequency=440:sample_rate=32000'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-pix_fmt', 'yuv420p'],
    ...['-g', `${FRAMES_PER_SECOND * groupSeconds}`, '-sc_threshold', '0'],
    ...['-b:v', bitRate, '-maxrate', bitRate, '-bufsize', bitRate, '-c:a', 'aac', '-b:a', '64k'],
    path('once.mp4'),
  )
  const loop = ['-stream_loop', `${LOOPS - 1}`, '-i', path('once.mp4'), '-c', 'copy']
  ffmpeg(...loop, '-movflags', '+faststart', path('input.mp4'))
  ffmpeg(...loop, path('input.ts'))
  ffmpeg(...loop, '-map', '0:v', path('input.h264'))
  ffmpeg(...loop, '-map', '0:a', path('input.adts'))
}

/**
 * Reads all of it.
 *
 * @returns The files, and the samples of the MP4 file in the order of their times.
 */
export async function readRemuxInput(directory) {
  const read = name => readFile(join(directory, name))
  const [mp4, ts, h264, adts] = await Promise.all(
    ['input.mp4', 'input.ts', 'input.h264', 'input.adts'].map(read),
  )
  const { tracks } = readMovie(mp4)
  const video = tracks.find(({ kind }) => kind === 'video')
  const audio = tracks.find(({ kind }) => kind === 'audio')
  const samples = [...samplesOf(mp4, video), ...samplesOf(mp4, audio)].toSorted(
    (a, b) => a.seconds - b.seconds,
  )
  return {
    mp4,
    ts,
    h264,
    adts,
    video,
    audio,
    samples,
    avcC: writeAvcConfiguration(video.avc.sps, video.avc.pps),
  }
}

function samplesOf(bytes, { kind, samples, timescale }) {
  return Array.from({ length: samples.count }, (_, i) => ({
    track: kind,
    decodeTime: samples.decodeTimes[i],
    seconds: samples.decodeTimes[i] / timescale,
    isSync: samples.isSync[i] === 1,
    data: bytes.subarray(samples.offsets[i], samples.offsets[i] + samples.sizes[i]),
  }))
}
