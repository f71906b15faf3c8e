import {
  type Diagnosis,
  diagnose,
  openSource,
  SourceExaminer,
  type SourceReport,
} from '@hksv/media'
import { Command } from 'commander'

import { IncompleteError } from '../failure.ts'
import { addCommonOptions, addOption, parseSeconds } from '../options.ts'
import { Output, type OutputOptions } from '../output.ts'

interface DoctorFlags extends OutputOptions {
  readonly duration: number
}

/** `hksv doctor`: watches a source, and says what Home will make of it. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Watch a source for a while, and say what Home will make of it')
    .argument(
      '<source>',
      "rtsp://USER:PASSWORD@HOST/PATH, an MP4 file, 'ffmpeg:OPTIONS -i INPUT', or sample",
    )
  addOption(command, '--duration <seconds>', 'how long to watch', {
    parse: parseSeconds,
    standard: 30,
  })
  addCommonOptions(command)
  command.addHelpText(
    'after',
    `
Exits with 1 when recordings would suffer.

Examples:
  hksv doctor rtsp://10.0.0.7/stream1
  hksv doctor porch.mp4 --duration 10 --json`,
  )
  return command.action(async (source: string, flags: DoctorFlags) => {
    const output = new Output(flags)
    const report = await examine(source, flags.duration, output)
    const findings = diagnose(report)
    output.record({ event: 'examined', ...describeJson(report), findings })
    for (const line of describe(report)) output.result(line)
    for (const line of findings.flatMap(describeFinding)) output.result(line)
    if (findings.length === 0) output.result('Nothing is wrong with it.')
    if (findings.some(({ isSerious }) => isSerious)) {
      throw new IncompleteError('Recordings of this source would suffer: see the problems above.')
    }
  })
}

async function examine(spec: string, seconds: number, output: Output): Promise<SourceReport> {
  await using source = await openSource(spec)
  for (const warning of source.warnings) output.warn(warning)
  output.note(`Watching for ${seconds} s.`)
  const examiner = new SourceExaminer(source.description)
  for await (const sample of source.samples(AbortSignal.timeout(seconds * 1000))) {
    examiner.push(sample, performance.now())
  }
  const report = examiner.report()
  if (report === undefined) {
    throw new IncompleteError(
      `${source.description.name} showed no picture in ${seconds} s. Watch longer with --duration.`,
    )
  }
  return report
}

/** Parameter sets and configurations are of use to nobody here. */
function describeJson({ description, ...numbers }: SourceReport): object {
  const { codec, width, height, profile, level } = description.video
  const { audio } = description
  return {
    video: { codec, width, height, profile, level },
    ...(audio && {
      audio: { codec: audio.codec, sampleRate: audio.sampleRate, channels: audio.channels },
    }),
    ...numbers,
  }
}

function describe(report: SourceReport): string[] {
  const { video, audio } = report.description
  const { codec, width, height, profile, level } = video
  const { keyFrameIntervalMs, clockDriftPpm, jitterMs, longestGapMs } = report
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  const distance =
    keyFrameIntervalMs &&
    `every ${seconds(keyFrameIntervalMs.shortest)} to ${seconds(keyFrameIntervalMs.longest)}`
  return [
    `Video       ${codec} ${width}x${height}, profile ${profile}, level ${level}`,
    `Pictures    ${report.framesPerSecond.toFixed(1)} a second, ${Math.round(report.bitRateKbps)} kbit/s, ${report.hasBFrames ? 'with' : 'without'} B frames`,
    `Key frames  ${distance ?? `${report.keyFrames} in ${seconds(report.watchedMs)}`}`,
    `Sound       ${audio ? `${audio.codec}, ${audio.sampleRate} Hz, ${audio.channels} channel${audio.channels > 1 ? 's' : ''}` : 'none that Home records'}`,
    `Delivery    jitter ${Math.round(jitterMs)} ms, longest gap ${Math.round(longestGapMs)} ms${clockDriftPpm === undefined ? '' : `, clock ${clockDriftPpm.toFixed(0)} ppm`}`,
  ]
}

function describeFinding({ isSerious, finding, consequence, remedy }: Diagnosis): string[] {
  return ['', `${isSerious ? 'Problem' : 'Note'}: ${finding} ${consequence}`, `  ${remedy}`]
}
