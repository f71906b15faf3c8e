import process from 'node:process'

import { Command } from 'commander'
import * as v from 'valibot'

import { IncompleteError } from '../failure.ts'
import { addCommonOptions, addOption, parseAddress } from '../options.ts'
import { Output, type OutputOptions } from '../output.ts'
import { cameraId } from '../paths.ts'

interface HealthFlags extends OutputOptions {
  readonly control: { readonly host: string; readonly port: number }
  readonly only?: string
  readonly alive: boolean
}

const TIMEOUT_MS = 5000
const ANYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

const camera = v.object({
  camera: v.optional(v.string()),
  name: v.optional(v.string()),
  isRunning: v.optional(v.boolean()),
  source: v.optional(v.object({ isWell: v.boolean() })),
})
const cameras = v.object({ cameras: v.array(camera) })
type CameraHealth = v.InferOutput<typeof camera>

/** `hksv health`: asks a running camera how it is. */
export function healthCommand(): Command {
  const command = new Command('health').description(
    'Ask the control API whether the cameras run and have pictures',
  )
  addOption(command, '--control <address>', 'where it is served', {
    parse: parseAddress,
    standard: { host: '127.0.0.1', port: 8580 },
    shown: '127.0.0.1:8580',
  })
  addOption(command, '--only <name>', 'the camera of several, by its name or its folder')
  addOption(command, '--alive', 'only whether the process answers, wherever its sources are', {
    standard: false,
  })
  addCommonOptions(command)
  command.addHelpText(
    'after',
    `
Exit code 0 when all is well, 1 when not. HKSV_CONTROL_TOKEN is its token.

Examples:
  hksv health --control 8580
  hksv health --control 8580 --only porch`,
  )
  return command.action(checkHealth)
}

async function checkHealth(flags: HealthFlags): Promise<void> {
  const output = new Output(flags)
  const { host, port } = flags.control
  const name = ANYWHERE[host] ?? host
  const base = `http://${name.includes(':') ? `[${name}]` : name}:${port}`
  if (flags.alive) {
    await ask(`${base}/healthz`)
    output.record({ event: 'health', isAlive: true })
    output.result('It answers.')
    return
  }
  const all = await camerasAt(base)
  const { only } = flags
  const asked = only === undefined ? all : all.filter(one => isNamed(one, only))
  if (asked.length === 0)
    throw new IncompleteError(`There is no camera "${only ?? ''}" at ${base}.`)
  const faults = asked.flatMap(one => faultOf(one))
  output.record({ event: 'health', isWell: faults.length === 0, cameras: asked.length, faults })
  if (faults.length > 0) throw new IncompleteError(faults.join(' '))
  output.result(
    asked.length === 1 ? 'The camera is well.' : `All ${asked.length} cameras are well.`,
  )
}

/** Of a camera alone there is one, and it has no name among others. */
async function camerasAt(base: string): Promise<readonly CameraHealth[]> {
  const several = await ask(`${base}/cameras`)
  try {
    return several === undefined
      ? [v.parse(camera, await ask(`${base}/state`))]
      : v.parse(cameras, several).cameras
  } catch (cause) {
    if (!v.isValiError(cause)) throw cause
    throw new IncompleteError(`What answers at ${base} is no hksv camera.`, { cause })
  }
}

/** @returns Nothing where there is no such path. */
async function ask(url: string): Promise<unknown> {
  const { HKSV_CONTROL_TOKEN: token } = process.env
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  let response: Response
  let body: unknown
  try {
    response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
    body = await response.json()
  } catch (cause) {
    throw new IncompleteError(
      `Nothing answers at ${url}: is the camera running, with --control there?`,
      { cause },
    )
  }
  if (response.status === 404) return undefined
  if (response.ok) return body
  throw new IncompleteError(
    response.status === 401
      ? `${url} wants its token: set HKSV_CONTROL_TOKEN to that of the camera.`
      : `${url} answers with ${response.status}.`,
  )
}

function isNamed({ camera: id, name = '' }: CameraHealth, only: string): boolean {
  return [id, cameraId(name)].includes(cameraId(only))
}

function faultOf({ camera: id, name, isRunning = true, source }: CameraHealth): string[] {
  const called = name ?? id ?? 'The camera'
  if (!isRunning) return [`${called} does not run.`]
  return source?.isWell === false ? [`${called} gets no pictures from its source.`] : []
}
