import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SourceMemory } from '@hksv/media'
import writeFileAtomic from 'write-file-atomic'

import type { Log } from '../log.ts'

/** A {@link SourceMemory} in a storage directory. */
export interface StoredSourceMemory extends SourceMemory {
  /** The directory is there, and ours: what was to be written is, and what comes later at once. */
  begin(): Promise<void>
}

/** What can be had again from the camera: it is no part of a backup, and a damaged one is written anew. */
const NAME = 'source.json'

/**
 * Keeps in a storage directory what the sources of its camera are. Writes nothing until `begin`: a camera
 * that does not start leaves nothing behind.
 * @param log - Told when it cannot be written.
 */
export function sourceMemory(directory: string, log: Log): StoredSourceMemory {
  const path = join(directory, NAME)
  let held: string | undefined
  let hasBegun = false
  const save = async (text: string) => {
    try {
      await writeFileAtomic(path, text, { mode: 0o600 })
    } catch (error) {
      log.warn(
        { err: error },
        `${path} cannot be written; the camera has to be there at the next start.`,
      )
    }
  }
  return {
    async read() {
      if (held !== undefined) return held
      // One that cannot be read is as good as none.
      return await readFile(path, 'utf8').catch(() => undefined)
    },
    async write(text) {
      if (hasBegun) await save(text)
      else held = text
    },
    async begin() {
      hasBegun = true
      if (held !== undefined) await save(held)
      held = undefined
    },
  }
}
