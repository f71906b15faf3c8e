import { rename, writeFile } from 'node:fs/promises'

import {
  type ConformProgress,
  type ConformReport,
  type ConformRule,
  conform,
  conformGroups,
  conformHtml,
  conformJUnit,
  conformList,
  conformRules,
  conformText,
  type TextStyle,
} from '@hksv/hub/conform'
import { Command } from 'commander'

import { IncompleteError, UsageError } from '../../failure.ts'
import { addOption, parseSeconds } from '../../options.ts'
import { Output } from '../../output.ts'
import {
  addHubOptions,
  addressOf,
  chooseAccessory,
  type HubFlags,
  openControllerStore,
  traceOf,
} from './common.ts'
import { actionOf, type ConformAction } from './conform-action.ts'
import { untilStopped } from './stop-signal.ts'

interface ConformFlags extends HubFlags {
  readonly code?: string
  readonly trigger?: ConformAction
  readonly press?: ConformAction
  readonly restart?: ConformAction
  readonly destructive: boolean
  readonly rules?: string
  readonly group?: string
  readonly list: boolean
  readonly report: readonly string[]
  readonly wait: number
}

/** How a report is written, by the ending of its file. */
const WRITERS: Readonly<Record<string, (report: ConformReport) => string>> = {
  json: report => `${JSON.stringify(report, undefined, 2)}\n`,
  xml: conformJUnit,
  html: conformHtml,
}

/** `hksv hub conform` */
export function conformCommand(): Command {
  const reports: string[] = []
  const command = new Command('conform').description(
    'Hold a camera against the rules of Secure Video',
  )
  addOption(command, '--code <code>', 'its setup code: pair for this run, and unpair')
  addOption(
    command,
    '--trigger <command|url>',
    'makes something move: a command, or a URL to POST to',
    { parse: actionOf },
  )
  addOption(command, '--press <command|url>', 'presses the bell', { parse: actionOf })
  addOption(command, '--restart <command|url>', 'restarts the camera', { parse: actionOf })
  addOption(
    command,
    '--destructive',
    'also judge what may end the camera, or cannot be put back: wrong codes, unpairing, restarts',
    { standard: false },
  )
  addOption(command, '--rules <glob>', 'only rules of these names: fmp4-*,picture-is-jpeg')
  addOption(command, '--group <groups>', `only these groups: ${conformGroups.join(', ')}`)
  addOption(command, '--wait <seconds>', 'how long real motion is waited for', {
    parse: parseSeconds,
    standard: 120,
  })
  addOption(
    command,
    '--report <file>',
    'write a report: .json, .xml (JUnit) or .html; may be repeated',
    {
      parse(path) {
        reports.push(checkReport(path))
        return reports
      },
      standard: [],
    },
  )
  addOption(command, '--list', 'print the rules, and judge nothing', { standard: false })
  addHubOptions(command)
  return command.action(async (flags: ConformFlags) => {
    const output = new Output(flags)
    const select = selection(flags)
    if (flags.list) return list(output, conformRules.filter(select))
    await untilStopped(stop => run(flags, { output, select, stop }))
  })
}

interface Run {
  readonly output: Output
  readonly select: (rule: ConformRule) => boolean
  readonly stop: AbortSignal
}

async function run(flags: ConformFlags, { output, select, stop }: Run): Promise<void> {
  const { store, crypto } = await openControllerStore(flags)
  const { code, trigger, press, restart, destructive, wait } = flags
  const accessory = code === undefined ? await chooseAccessory(store, flags) : undefined
  const address =
    accessory === undefined
      ? await addressOf(flags)
      : { host: flags.host ?? accessory.host, port: flags.port ?? accessory.port }
  const report = await conform({
    store,
    crypto,
    address,
    select,
    isDestructive: destructive,
    motionTimeoutMs: wait * 1000,
    signal: stop,
    onProgress: progress => tell(output, progress),
    ...(accessory && { accessory }),
    ...(code !== undefined && { setupCode: code }),
    ...(trigger && { trigger }),
    ...(press && { press }),
    ...(restart && { restart }),
    ...traceOf(flags),
  })
  output.record({ event: 'report', ...report, results: undefined, timeline: undefined })
  output.result(conformText(report, styleOf(output)))
  for (const path of flags.report) await write(output, path, report)
  const { failedMust } = report.counts
  if (failedMust > 0)
    throw new IncompleteError(
      `The camera breaks ${failedMust} ${failedMust === 1 ? 'rule' : 'rules'} that it must keep.`,
    )
  if (!report.isComplete) throw new IncompleteError('The run was stopped.')
}

function tell(output: Output, progress: ConformProgress): void {
  if (progress.step === 'note') {
    output.record({ event: 'note', text: progress.text })
    output.note(progress.text)
    return
  }
  const { result, done, of } = progress
  output.record({ event: 'rule', ...result })
  const count = `${done}`.padStart(`${of}`.length)
  const word = { passed: 'kept  ', failed: 'broken', skipped: '-     ' }[result.outcome]
  if (result.outcome === 'failed')
    output.note(`${count}/${of} ${word} ${result.group} ${result.rule}`)
  else output.detail(`${count}/${of} ${word} ${result.group} ${result.rule}`)
  if (done % 50 === 0 && result.outcome !== 'failed')
    output.note(`${count}/${of} rules judged (${result.group})`)
}

async function write(output: Output, path: string, report: ConformReport): Promise<void> {
  const text = WRITERS[endingOf(path)]?.(report) ?? ''
  const part = `${path}.part`
  try {
    await writeFile(part, text)
    await rename(part, path)
  } catch (cause) {
    throw new IncompleteError(`${path} cannot be written. Choose another --report.`, { cause })
  }
  output.note(`The report is in ${path}.`)
}

function list(output: Output, rules: readonly ConformRule[]): void {
  for (const { judge: _judge, ...rule } of rules) output.record({ event: 'rule', ...rule })
  output.result(conformList(rules, styleOf(output)))
}

/** @throws UsageError when nothing is left to judge. */
function selection({ rules, group }: ConformFlags): (rule: ConformRule) => boolean {
  const groups = group?.split(',').map(each => each.trim())
  const odd = groups?.find(each => !conformGroups.some(known => known === each))
  if (odd !== undefined) {
    throw new UsageError(`There is no group ${odd}. Choose among ${conformGroups.join(', ')}.`)
  }
  const patterns = rules?.split(',').map(each => globOf(each.trim()))
  const isWanted = (rule: ConformRule) =>
    (groups?.includes(rule.group) ?? true) && (patterns?.some(each => each.test(rule.name)) ?? true)
  if (!conformRules.some(isWanted)) {
    throw new UsageError('No rule has such a name. See them all with hksv hub conform --list.')
  }
  return isWanted
}

function globOf(text: string): RegExp {
  const escaped = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${escaped}$`)
}

/** @throws UsageError */
function checkReport(path: string): string {
  if (Object.hasOwn(WRITERS, endingOf(path))) return path
  throw new UsageError(`${path} has no ending that says what to write: .json, .xml or .html.`)
}

function endingOf(path: string): string {
  return /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
}

function styleOf(output: Output): TextStyle {
  const styles = { strong: 'bold', good: 'green', bad: 'red', warn: 'yellow', dim: 'dim' } as const
  return (style, text) => output.style(styles[style], text)
}
