// The inputs a target starts from, and those it keeps.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @returns The inputs of a committed corpus: one a line, in hexadecimal; none when there is no file. */
export function readCorpus(file) {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => Buffer.from(line, 'hex'))
}

/** Writes what {@link readCorpus} reads. */
export function writeCorpus(file, inputs) {
  writeFileSync(file, inputs.map(input => `${Buffer.from(input).toString('hex')}\n`).join(''))
}

/** @returns The inputs in `folders`: each file is one, except for vectors, whose rows are. */
export function seedsOf(folders, maxLength) {
  return folders
    .filter(folder => existsSync(folder))
    .flatMap(folder =>
      readdirSync(folder)
        .sort()
        .map(name => join(folder, name)),
    )
    .flatMap(file => (file.endsWith('.json') ? rowsOf(file) : [readFileSync(file)]))
    .filter(input => input.length <= maxLength)
}

/** Writes an input under a name made of its content. @returns The file's path. */
export function saveInput(folder, input) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, createHash('sha256').update(input).digest('hex').slice(0, 16))
  writeFileSync(file, input)
  return file
}

function rowsOf(file) {
  const { cases } = JSON.parse(readFileSync(file, 'utf8'))
  return cases
    .filter(({ hex }) => typeof hex === 'string')
    .map(({ hex }) => Buffer.from(hex, 'hex'))
}
