import process from 'node:process'

import type { LiveReport, LiveTrackReport, LiveView } from '@hksv/hub'

import type { Output } from '../../output.ts'

const INTERVAL_MS = 1000

/** Says once a second how a live view goes: on a terminal in one line, with `--json` in one line each. */
export class LiveProgress {
  readonly #timer: NodeJS.Timeout
  readonly #isTerminal: boolean

  constructor(view: LiveView, output: Output) {
    const { json, quiet } = output.options
    this.#isTerminal = !json && !quiet && process.stderr.isTTY === true
    this.#timer = setInterval(() => {
      const { durationMs, video, audio } = view.report()
      output.record({ event: 'progress', durationMs, video: numbers(video), ...audible(audio) })
      if (this.#isTerminal) process.stderr.write(`\r\u001b[K${line(durationMs, video)}`)
    }, INTERVAL_MS)
  }

  close(): void {
    clearInterval(this.#timer)
    if (this.#isTerminal) process.stderr.write('\r\u001b[K')
  }
}

/** Prints what came of a live view. */
export function printLive(
  output: Output,
  { durationMs, video, audio, untaken, choice }: LiveReport,
  file: { readonly path: string; readonly bytes: number } | undefined,
): void {
  const { width, height, frameRate } = choice.video
  if (file !== undefined) output.result(`${file.path}  ${(file.bytes / 1e6).toFixed(2)} MB`)
  output.result(
    `${seconds(durationMs)} s, ${width}x${height} at ${frameRate} frames/s, SRTP ${choice.suite}`,
  )
  output.result('')
  output.result('         packets      MB    lost  dropped   jitter  reports  first packet')
  printTrack(output, 'video', video)
  if (audio !== undefined) printTrack(output, 'audio', audio)
  output.result('')
  if (untaken > 0)
    output.warn(`${untaken} frames were not taken in time: this machine is too slow.`)
  const findings = [
    ...video.findings.map(each => ({ track: 'video', ...each })),
    ...(audio?.findings ?? []).map(each => ({ track: 'audio', ...each })),
  ]
  for (const { track, rule, level, says, count, firstMs, detail } of findings) {
    output.warn(
      `${track}: ${rule} (${level}): ${says}; ${count} times, first after ${seconds(firstMs)} s: ${detail}`,
    )
  }
  if (findings.length === 0) output.result('It keeps to every rule of a live view.')
}

function printTrack(output: Output, name: string, track: LiveTrackReport): void {
  const { packets, bytes, lost, dropped, jitterMs, senderReports, firstPacketMs } = track
  const first = firstPacketMs === undefined ? 'never' : `${firstPacketMs.toFixed(0)} ms`
  output.result(
    [
      name.padEnd(7),
      `${packets}`.padStart(8),
      (bytes / 1e6).toFixed(2).padStart(7),
      `${lost}`.padStart(7),
      `${dropped}`.padStart(8),
      `${jitterMs.toFixed(1)} ms`.padStart(8),
      `${senderReports}`.padStart(8),
      first.padStart(13),
    ].join(' '),
  )
}

function numbers({ findings, ...track }: LiveTrackReport): object {
  return { ...track, findings: findings.map(({ rule }) => rule) }
}

function audible(audio: LiveTrackReport | undefined): object {
  return audio === undefined ? {} : { audio: numbers(audio) }
}

function line(durationMs: number, { packets, bytes, lost, jitterMs }: LiveTrackReport): string {
  const kbps = durationMs > 0 ? (bytes * 8) / durationMs : 0
  return `${seconds(durationMs)} s  ${packets} packets  ${kbps.toFixed(0)} kbit/s  ${lost} lost  jitter ${jitterMs.toFixed(1)} ms`
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1)
}
