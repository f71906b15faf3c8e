import { join } from 'node:path'

import { parseSetupCode } from '@hksv/hap'
import { Command } from 'commander'

import type { ConfigFile, ConfigValues } from '../config-file.ts'
import { UsageError } from '../failure.ts'
import { applyConfig } from '../options.ts'
import { cameraId, camerasDirectory } from '../paths.ts'
import { addCameraFlags, type CameraFlags } from './camera-flags.ts'

/** One of the cameras of a file. */
export interface CameraPlan {
  /** What its folder, its paths and its label are called. */
  readonly id: string
  readonly flags: CameraFlags
}

/** Of the process, not of a camera. */
const SHARED: readonly string[] = ['storage', 'control', 'json', 'quiet', 'verbose']
/** Two cameras with the same one would be in each other's way. */
const OWN: readonly string[] = ['name', 'port', 'setupCode']

/**
 * Puts together what each camera of a file is: its own keys, before them what flags and environment
 * say of all, behind them the keys beside `cameras`.
 *
 * @param self - The command with its flags and environment.
 * @returns Those that `--only` wants, or all. Everything is checked of all of them.
 * @throws UsageError naming the file, the camera and the key.
 */
export function planCameras(self: Command, path: string, file: ConfigFile): CameraPlan[] {
  const { cameras = [], values } = file
  for (const key of OWN) {
    if (Object.hasOwn(values, key))
      throw new UsageError(`${path}: "${key}" belongs to each of the cameras, not beside them.`)
    if (isGiven(self, key))
      throw new UsageError(
        `${path} has several cameras, and "${key}" belongs to each of them there.`,
      )
  }
  const shared = Object.entries(values).filter(([key]) => SHARED.includes(key))
  applyConfig(self, Object.fromEntries(shared), path)
  const ofAll = Object.fromEntries(Object.entries(values).filter(([key]) => !SHARED.includes(key)))
  const plans = cameras.map((camera, i) => planOf(self, { path, ofAll, index: i + 1, ...camera }))
  checkApart(path, plans)
  return wanted(self.opts<CameraFlags>(), path, plans)
}

interface Entry {
  readonly path: string
  readonly ofAll: ConfigValues
  /** From 1. */
  readonly index: number
  readonly key?: string
  readonly values: ConfigValues
}

function planOf(self: Command, { path, ofAll, index, key, values }: Entry): CameraPlan {
  const { name = key } = values
  if (typeof name !== 'string') throw new UsageError(`${path}: camera ${index} has no "name".`)
  const where = `${path}: camera "${key ?? name}"`
  const id = cameraId(key ?? name)
  if (id === '') throw new UsageError(`${where}: its name needs a letter or a digit.`)
  if (Buffer.byteLength(name) > 63)
    throw new UsageError(`${where}: "name" is wrong: it has at most 63 bytes.`)
  const misplaced = SHARED.find(option => Object.hasOwn(values, option))
  if (misplaced !== undefined)
    throw new UsageError(
      `${where}: "${misplaced}" stands beside "cameras", as it is of all of them.`,
    )
  const one = addCameraFlags(new Command('camera'))
  for (const option of one.options.map(each => each.attributeName())) {
    if (isGiven(self, option) || SHARED.includes(option))
      one.setOptionValueWithSource(option, self.getOptionValue(option), 'cli')
  }
  applyConfig(one, { ...ofAll, ...values, name }, where)
  const flags = one.opts<CameraFlags>()
  checkSetupCode(flags, where)
  const base = isSet(self, 'storage') ? flags.storage : camerasDirectory()
  return { id, flags: { ...flags, storage: join(base, id) } }
}

function checkSetupCode({ setupCode }: CameraFlags, where: string): void {
  if (setupCode === undefined) return
  try {
    parseSetupCode(setupCode)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new UsageError(`${where}: "setupCode" is wrong: ${why}`, { cause })
  }
}

/** @throws UsageError for names, folders or ports that two of them share. */
function checkApart(path: string, plans: readonly CameraPlan[]): void {
  const seen = new Map<string, string>()
  for (const { id, flags } of plans) {
    const { name, port = 0, control } = flags
    const marks = [`"name": "${name}"`, `folder "${id}"`]
    if (port !== 0) marks.push(`"port": ${port}`)
    for (const mark of marks) {
      const other = seen.get(mark)
      if (other !== undefined)
        throw new UsageError(`${path}: cameras "${other}" and "${name}" have the same ${mark}.`)
      seen.set(mark, name)
    }
    if (port !== 0 && port === control?.port)
      throw new UsageError(`${path}: camera "${name}" has the port of "control", ${port}.`)
  }
}

function wanted({ only }: CameraFlags, path: string, plans: CameraPlan[]): CameraPlan[] {
  if (only === undefined) return plans
  const names = new Set(only.map(cameraId))
  const chosen = plans.filter(
    ({ id, flags }) => names.delete(id) || names.delete(cameraId(flags.name)),
  )
  const [missing] = names
  if (missing === undefined) return chosen
  const known = plans.map(({ id }) => id).join(', ')
  throw new UsageError(`${path}: there is no camera "${missing}"; there are ${known}.`)
}

function isGiven(command: Command, key: string): boolean {
  return ['cli', 'env'].includes(command.getOptionValueSource(key) ?? '')
}

function isSet(command: Command, key: string): boolean {
  return (command.getOptionValueSource(key) ?? 'default') !== 'default'
}
