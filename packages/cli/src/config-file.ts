import { readFileSync } from 'node:fs'

import * as v from 'valibot'

import { UsageError } from './failure.ts'

const value = v.union([
  v.string(),
  v.number(),
  v.boolean(),
  v.pipe(v.array(v.string()), v.minLength(1)),
])
const values = v.record(v.string(), value)
const configFile = v.objectWithRest(
  {
    $schema: v.optional(v.string()),
    cameras: v.optional(
      v.union([v.pipe(v.array(values), v.minLength(1)), v.record(v.string(), values)]),
    ),
  },
  value,
)

/** One option of a configuration file. */
export type ConfigValue = string | number | boolean | string[]

/** Options by the flags in camel case. */
export type ConfigValues = Readonly<Record<string, ConfigValue>>

/** A configuration file, of one camera or of several. */
export interface ConfigFile {
  /** Of the one camera, or of all. */
  readonly values: ConfigValues
  /** What each of several has of its own; the key is there when the file has names for them. */
  readonly cameras?: readonly { readonly key?: string; readonly values: ConfigValues }[]
}

/**
 * Reads a configuration file: a JSON object whose keys are flags in camel case, and in `cameras`, a
 * list or an object by name, what each of several cameras has of its own.
 *
 * @throws UsageError naming the file.
 */
export function readConfigFile(path: string): ConfigFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`The configuration file ${path} cannot be read.`, { cause })
  }
  try {
    const { $schema: _, cameras, ...rest } = v.parse(configFile, JSON.parse(text))
    if (cameras === undefined) return { values: rest }
    const list = Array.isArray(cameras)
      ? cameras.map(own => ({ values: own }))
      : Object.entries(cameras).map(([key, own]) => ({ key, values: own }))
    if (list.length === 0) throw new UsageError('no camera')
    return { values: rest, cameras: list }
  } catch (cause) {
    throw new UsageError(
      `The configuration file ${path} is not a JSON object of texts, lists of texts, numbers and true or false, ` +
        'with more of them in "cameras" if there are several.',
      { cause },
    )
  }
}
