import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, realpath } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { AccessoryError } from '../errors.ts'
import { ask, type LockHolder, LockSocket, removeSocket } from './lock-socket.ts'
import { isNodeError, unusable } from './state-file.ts'

const NAME = /^lock-[0-9a-f]{16}$/
const HIDDEN = /^\.lock-[0-9a-f]{16}$/

/** The right to write to a storage directory, until it is released or the process ends. */
export interface DirectoryLock {
  release(): Promise<void>
}

/**
 * Takes a storage directory for this camera.
 *
 * Everyone who wants the directory puts a socket of its own name there, and only then looks at the
 * others: of two at least one sees the other. Whoever sees one that runs gives way, and of two that
 * are starting the one with the greater name. The sockets of processes that were killed refuse
 * connections from the moment they ended, so nothing is ever waited for, and as no name is used
 * twice, they can be removed by anyone.
 *
 * This holds between containers that share the directory as well, as long as one kernel runs them.
 * On file systems without sockets they stand in the directory for temporary files, where another
 * container does not see them.
 *
 * @throws AccessoryError `STORAGE_IN_USE`, `STORAGE_UNUSABLE`.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const name = `lock-${randomBytes(8).toString('hex')}`
  const socket = await publish(directory, name)
  try {
    for (const { place, other } of await socketsOf(directory)) {
      if (other === name) continue
      const answer = await ask(place, other, name < other)
      if (answer === 'dead') await removeSocket(join(place, other))
      else if (answer !== 'gone') throw inUse(directory, answer)
    }
    await removeHidden(directory)
  } catch (error) {
    await socket.close()
    throw error
  }
  socket.run()
  return { release: () => socket.close() }
}

/** @returns Who holds the directory, if anyone does. Changes nothing. */
export async function lockHolder(directory: string): Promise<LockHolder | undefined> {
  for (const { place, other } of await socketsOf(directory)) {
    const answer = await ask(place, other, false)
    if (answer !== 'dead' && answer !== 'gone') return answer
  }
  return undefined
}

/** Says who is there, and the way out. */
export function inUse(directory: string, { pid, host }: LockHolder): AccessoryError {
  const isHere = host === undefined || host === hostname()
  const who =
    pid === undefined
      ? 'a process that does not answer'
      : isHere && pid === process.pid
        ? 'this very process'
        : `process ${pid}${isHere ? '' : ` on ${host}`}`
  return new AccessoryError('STORAGE_IN_USE', {
    message:
      `${directory} is in use, perhaps by this camera started twice: ${who} holds it. Stop that ` +
      'one first, or choose another directory with --storage.',
  })
}

async function publish(directory: string, name: string): Promise<LockSocket> {
  try {
    return await LockSocket.open(directory, name)
  } catch {
    // The file system knows no sockets, or the directory is full: elsewhere it may work.
  }
  try {
    const place = await elsewhere(directory)
    await mkdir(place, { recursive: true, mode: 0o700 })
    return await LockSocket.open(place, name)
  } catch (cause) {
    throw unusable(directory, cause)
  }
}

async function socketsOf(directory: string): Promise<{ place: string; other: string }[]> {
  const found = [directory, await elsewhere(directory)].map(async place => {
    const names = (await namesIn(place)).filter(name => NAME.test(name))
    return names.map(other => ({ place, other }))
  })
  return (await Promise.all(found)).flat()
}

/** What a process left that was killed while it began. Who is beginning now sees us, and gives way. */
async function removeHidden(directory: string): Promise<void> {
  const names = (await namesIn(directory)).filter(name => HIDDEN.test(name))
  await Promise.all(names.map(name => removeSocket(join(directory, name))))
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (cause) {
    if (isNodeError(cause) && cause.code === 'ENOENT') return []
    throw unusable(directory, cause)
  }
}

/** Where the sockets of a directory stand whose file system knows none. */
async function elsewhere(directory: string): Promise<string> {
  const path = await realpath(directory).catch(() => directory)
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 16)
  return join(tmpdir(), `hksv-${process.getuid?.() ?? ''}`, hash)
}
