import { parseSetupUri } from '@hksv/hap'
import { decodePayload } from '@hksv/hds'
import { decode as decodeOpack } from '@hksv/hds/opack'
import { Command, InvalidArgumentError } from 'commander'

import { isFile, readFile, readInput, readText } from '../decode/input.ts'
import { decodeMp4, printBoxes } from '../decode/mp4.ts'
import { opackToJson, printOpack } from '../decode/opack.ts'
import { decodeTlv8, printTlv8 } from '../decode/tlv8.ts'
import { drawChart } from '../decode/trace/chart.ts'
import { printFrame } from '../decode/trace/print-frame.ts'
import { type ReadTrace, readTrace } from '../decode/trace/read-trace.ts'
import { decodeHds, summarize } from '../decode/trace/summary.ts'
import { UsageError } from '../failure.ts'
import { addCommonOptions, addOption } from '../options.ts'
import { Output, type OutputOptions } from '../output.ts'

const KINDS = ['tlv8', 'opack', 'hds', 'mp4', 'setup-uri', 'trace'] as const
type Kind = (typeof KINDS)[number]

interface DecodeFlags extends OutputOptions {
  readonly frame?: number
}

type Decoder = (output: Output, input: string | undefined, flags: DecodeFlags) => void

/** `hksv decode`: shows what bytes of the protocols say. */
export function decodeCommand(): Command {
  const command = new Command('decode')
    .description('Show what bytes of the protocols say')
    .argument('<kind>', `what they are: ${KINDS.join(', ')}; or the file of a trace`)
    .argument('[input]', 'hexadecimal, base64 or a file; standard input unless given')
  addOption(command, '--frame <n>', 'of a trace: one frame, in full', { parse: parseFrame })
  addCommonOptions(command)
  command.addHelpText(
    'after',
    `
tlv8       a characteristic's value or a pairing message
opack      one OPACK document
hds        the decrypted payload of a data stream frame: header and message
mp4        the boxes of a file; fragments are checked as well
setup-uri  the text of a HomeKit QR code
trace      what hksv hub … --trace FILE wrote, as a chart

Examples:
  hksv decode tlv8 AQSgDwAAAggBAAAAAAAAAAMLAQEAAgYBBKAPAAA=
  hksv decode mp4 clip.mp4
  hksv decode setup-uri X-HM://00GW95DQAABCD
  hksv decode porch.trace
  hksv decode porch.trace --frame 12`,
  )
  return command.action((kind: string, input: string | undefined, flags: DecodeFlags) => {
    const output = new Output(flags)
    if (isKind(kind)) decoders[kind](output, input, flags)
    else if (input === undefined && isFile(kind)) decoders.trace(output, kind, flags)
    else {
      const known = KINDS.join(', ')
      throw new UsageError(
        `"${kind}" is neither a file nor one of ${known}. Say what is to be shown.`,
      )
    }
  })
}

const decoders: Readonly<Record<Kind, Decoder>> = {
  tlv8(output, input) {
    const items = decodeTlv8(readInput(input))
    output.record({ items })
    for (const line of printTlv8(items)) output.result(line)
  },

  opack(output, input) {
    const value = decodeOpack(readInput(input))
    output.record({ value: opackToJson(value) })
    for (const line of printOpack(value)) output.result(line)
  },

  hds(output, input) {
    const { header, message } = decodePayload(readInput(input))
    output.record({ header, message: opackToJson(message) })
    const { kind, protocol, topic } = header
    const rest = Object.entries(header).filter(
      ([key]) => !['kind', 'protocol', 'topic'].includes(key),
    )
    output.result(
      [`${kind} ${protocol}/${topic}`, ...rest.map(([key, value]) => `${key} ${value}`)].join('  '),
    )
    for (const line of printOpack(message, '  ')) output.result(line)
  },

  mp4(output, input) {
    const report = decodeMp4(readInput(input))
    output.record(report)
    for (const line of printBoxes(report.boxes)) output.result(line)
    for (const { line } of report.fragments) output.result(line)
    for (const { rule, box, offset, text } of report.findings) {
      output.result(`${rule}: ${box} at ${offset}: ${text}`)
    }
  },

  'setup-uri'(output, input) {
    const payload = parseSetupUri(readText(input))
    output.record(payload)
    for (const [key, value] of Object.entries(payload)) output.result(`${key}: ${value}`)
  },

  trace(output, input, { frame }) {
    const file = input ?? '-'
    const name = file === '-' ? 'standard input' : file
    const trace = readTrace(readFile(file === '-' ? 0 : file, name), name)
    if (frame === undefined) showTrace(output, trace)
    else showFrame(output, trace, frame)
    const { cutAtLine, frames } = trace
    if (cutAtLine === undefined) return
    output.warn(
      `${name} is cut in line ${cutAtLine}: it was read up to there (${frames.length} frames).`,
    )
  },
}

function showTrace(output: Output, trace: ReadTrace): void {
  output.result(`Trace of ${trace.startedAt}`)
  for (const line of drawChart(trace)) output.result(line)
  for (const number of trace.frames.keys()) recordFrame(output, trace, number + 1)
}

function showFrame(output: Output, trace: ReadTrace, number: number): void {
  const frame = trace.frames[number - 1]
  if (frame === undefined) {
    throw new UsageError(`There is no frame ${number}: the trace has ${trace.frames.length}.`)
  }
  for (const line of printFrame(number, frame, trace.database)) output.result(line)
  recordFrame(output, trace, number)
}

function recordFrame(output: Output, { frames, database }: ReadTrace, number: number): void {
  const frame = frames[number - 1]
  if (frame === undefined || !output.options.json) return
  const decoded = frame.type === 'hds' ? decodeHds(frame) : {}
  output.record({ frame: number, summary: summarize(frame, database), ...frame, ...decoded })
}

function isKind(text: string): text is Kind {
  return KINDS.some(kind => kind === text)
}

function parseFrame(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is no number of a frame.')
}
