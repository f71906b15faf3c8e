import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A directory that is gone when the test is. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hksv-accessory-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

/** What every file of a directory holds, by name. */
export async function contents(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries
    .filter(entry => !entry.isSocket() && !entry.isDirectory())
    .map(({ name }) => name)
    .sort()
  const texts = names.map(name => readFile(join(directory, name), 'utf8'))
  return Object.fromEntries((await Promise.all(texts)).map((text, i) => [names[i], text]))
}

/** Names of the files in which `text` stands. */
export async function filesWith(directory: string, text: string): Promise<string[]> {
  const all = Object.entries(await contents(directory))
  return all.filter(([, content]) => content.includes(text)).map(([name]) => name)
}

/** Permission bits. */
export async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}
