// The inputs a target starts from, and those it keeps.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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
