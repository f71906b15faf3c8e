import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { CryptoProvider } from '@hksv/crypto'
import { chooseProvider } from '@hksv/crypto/node'
import {
  AccessoryClient,
  type Address,
  type ClipReport,
  ControllerStore,
  findAccessory,
  isHubError,
  type StoredAccessory,
  type Trace,
  TraceFile,
} from '@hksv/hub'
import type { Command } from 'commander'

import { IncompleteError, UsageError } from '../../failure.ts'
import { addCommonOptions, addOption, parsePort } from '../../options.ts'
import { Output, type OutputOptions } from '../../output.ts'
import { dataDirectory } from '../../paths.ts'

/** How long an accessory that has moved is looked for. */
const MOVED_MS = 3000

/** What every command of the hub knows. */
export interface HubFlags extends OutputOptions {
  readonly store: string
  readonly id?: string
  readonly host?: string
  readonly port?: number
  readonly trace?: string
}

/** `--store` */
export function addStoreOption(command: Command): Command {
  addOption(command, '--store <dir>', 'keys and pairings of this controller', {
    standard: join(dataDirectory(), 'hub'),
  })
  return command
}

/** `--store`, and which accessory is meant. */
export function addHubOptions(command: Command): Command {
  addStoreOption(command)
  addOption(
    command,
    '--id <device>',
    'the accessory, as XX:XX:XX:XX:XX:XX; needless if there is one',
  )
  addOption(command, '--host <host>', 'where it is; where it was last time unless given')
  addOption(command, '--port <port>', 'and its port', { parse: parsePort })
  addTraceOption(command)
  return addCommonOptions(command)
}

/** `--trace` */
export function addTraceOption(command: Command): Command {
  addOption(command, '--trace <file>', 'write down what is said, without keys; see hksv decode')
  return command
}

/** The trace that `--trace` asks for; begins a new one with each call. @throws UsageError, HubError */
export function traceOf(flags: OutputOptions & Pick<HubFlags, 'trace'>): {
  readonly trace?: Trace
} {
  const { trace } = flags
  if (trace === undefined) return {}
  if (existsSync(trace)) throw new UsageError(`${trace} exists already. Choose another --trace.`)
  const onFailure = ({ message }: Error) => new Output(flags).warn(message)
  return { trace: TraceFile.create(trace, { onFailure }).trace }
}

/** The store with its provider. */
export async function openControllerStore(
  flags: Pick<HubFlags, 'store'>,
): Promise<{ store: ControllerStore; crypto: CryptoProvider }> {
  const crypto = chooseProvider()
  return { store: await ControllerStore.open(flags.store, crypto), crypto }
}

/**
 * Where an accessory is that nothing is stored of: as it was said, or as it announces itself.
 *
 * @throws UsageError unless the flags say which one.
 */
export async function addressOf(
  flags: HubFlags,
  signal?: AbortSignal,
): Promise<Address & { readonly featureFlags?: number }> {
  const { id, host, port } = flags
  if (host !== undefined && port !== undefined) return { host, port }
  if (id !== undefined && host === undefined && port === undefined) {
    return findAccessory(id, signal === undefined ? {} : { signal })
  }
  throw new UsageError(
    'Which accessory? Give its --id, as hksv hub discover shows it, or --host and --port.',
  )
}

/** Connects to the accessory that is meant: where it was last time, or where it is now. */
export async function connectAccessory(
  flags: HubFlags,
  signal?: AbortSignal,
): Promise<AccessoryClient> {
  const { store, crypto } = await openControllerStore(flags)
  const accessory = await chooseAccessory(store, flags)
  const traced = traceOf(flags)
  const connect = (address: Address) =>
    AccessoryClient.connect({
      store,
      accessory,
      crypto,
      address,
      ...(signal === undefined ? {} : { signal }),
      ...traced,
    })
  const { host = accessory.host, port = accessory.port } = flags
  try {
    return await connect({ host, port })
  } catch (error) {
    const isSaid = flags.host !== undefined || flags.port !== undefined
    const moved = isSaid ? undefined : await addressAfterMove(error, accessory, signal)
    if (moved === undefined) throw error
    return connect(moved)
  }
}

/** Routers give new addresses, and cameras take new ports. @returns Nothing if it is not that. */
async function addressAfterMove(
  error: unknown,
  { deviceId, host, port }: StoredAccessory,
  signal: AbortSignal | undefined,
): Promise<Address | undefined> {
  const isElsewhere =
    isHubError(error) && (error.code === 'HUB_UNREACHABLE' || error.code === 'HUB_WRONG_ACCESSORY')
  if (!isElsewhere) return
  const options = { timeoutMs: MOVED_MS, ...(signal === undefined ? {} : { signal }) }
  try {
    const found = await findAccessory(deviceId, options)
    return found.host === host && found.port === port ? undefined : found
  } catch (failure) {
    if (isHubError(failure)) return
    throw failure
  }
}

/** The accessory that is meant, of those that are paired. @throws UsageError unless it is one. */
export async function chooseAccessory(
  store: ControllerStore,
  flags: HubFlags,
): Promise<StoredAccessory> {
  const { id, host, port } = flags
  const paired = await store.accessories()
  const candidates = paired.filter(
    accessory =>
      (id === undefined || accessory.deviceId === id.toUpperCase()) &&
      (id !== undefined || host === undefined || accessory.host === host) &&
      (id !== undefined || port === undefined || accessory.port === port),
  )
  const [only] = candidates
  if (only !== undefined && candidates.length === 1) return only
  if (paired.length === 0) {
    throw new UsageError(
      'This controller is paired with nothing yet. Pair it first: hksv hub pair.',
    )
  }
  const known = paired
    .map(({ deviceId, host: at, port: on }) => `${deviceId} (${at}:${on})`)
    .join(', ')
  throw new UsageError(
    only === undefined
      ? `This controller is not paired with that accessory, but with ${known}.`
      : `Which accessory? Choose one with --id: ${known}.`,
  )
}

/**
 * Reports a clip.
 *
 * @throws IncompleteError when the recording broke off.
 */
export function reportClip(output: Output, report: ClipReport): void {
  output.record({ event: 'recorded', ...report })
  printClip(output, report)
  if (report.isComplete) return
  throw new IncompleteError(
    `The recording broke off (${report.reason}); ${report.path} plays up to there.`,
  )
}

function printClip(output: Output, report: ClipReport): void {
  const { path, bytes, durationMs, fragments, beforeMotionMs, times } = report
  const seconds = (ms: number) => (ms / 1000).toFixed(3)
  output.result(`${path}  ${(bytes / 1e6).toFixed(2)} MB  ${seconds(durationMs)} s`)
  output.result('')
  output.result('   #     start  duration     bytes  chunks  video  audio')
  for (const fragment of fragments) {
    const { sequence, startMs, videoSamples, audioSamples, chunks } = fragment
    output.result(
      [
        `${sequence}`.padStart(4),
        seconds(startMs).padStart(9),
        seconds(fragment.durationMs).padStart(9),
        `${fragment.bytes}`.padStart(9),
        `${chunks}`.padStart(7),
        `${videoSamples}`.padStart(6),
        `${audioSamples}`.padStart(6),
      ].join(' '),
    )
  }
  output.result('')
  if (beforeMotionMs !== undefined) {
    output.result(`The clip begins ${seconds(beforeMotionMs)} s before the motion.`)
  }
  const { openMs, initMs, firstFragmentMs } = times
  const steps = [
    ['open', openMs],
    ['init', initMs],
    ['first fragment', firstFragmentMs],
  ] as const
  const known = steps.flatMap(([name, ms]) =>
    ms === undefined ? [] : [`${name} ${ms.toFixed(0)} ms`],
  )
  output.result(`From the decision to record: ${known.join(', ')}.`)
  for (const { rule, box, text } of report.findings) output.warn(`${rule}: ${box}: ${text}`)
}
