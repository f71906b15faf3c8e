import { parseSetupUri } from '@hksv/hap'
import { decodePayload } from '@hksv/hds'
import { decode as decodeOpack } from '@hksv/hds/opack'
import { Argument, Command } from 'commander'

import { readInput, readText } from '../decode/input.ts'
import { decodeMp4, printBoxes } from '../decode/mp4.ts'
import { opackToJson, printOpack } from '../decode/opack.ts'
import { decodeTlv8, printTlv8 } from '../decode/tlv8.ts'
import { addCommonOptions } from '../options.ts'
import { Output, type OutputOptions } from '../output.ts'

const KINDS = ['tlv8', 'opack', 'hds', 'mp4', 'setup-uri'] as const
type Kind = (typeof KINDS)[number]

/** `hksv decode`: shows what bytes of the protocols say. */
export function decodeCommand(): Command {
  const command = new Command('decode')
    .description('Show what bytes of the protocols say')
    .addArgument(new Argument('<kind>', 'what they are').choices(KINDS))
    .argument('[input]', 'hexadecimal, base64 or a file; standard input unless given')
  addCommonOptions(command)
  command.addHelpText(
    'after',
    `
tlv8       a characteristic's value or a pairing message
opack      one OPACK document
hds        the decrypted payload of a data stream frame: header and message
mp4        the boxes of a file; fragments are checked as well
setup-uri  the text of a HomeKit QR code

Examples:
  hksv decode tlv8 AQSgDwAAAggBAAAAAAAAAAMLAQEAAgYBBKAPAAA=
  hksv decode mp4 clip.mp4
  hksv decode setup-uri X-HM://00GW95DQAABCD`,
  )
  return command.action((kind: Kind, input: string | undefined, flags: OutputOptions) => {
    decoders[kind](new Output(flags), input)
  })
}

const decoders: Readonly<Record<Kind, (output: Output, input: string | undefined) => void>> = {
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
}
