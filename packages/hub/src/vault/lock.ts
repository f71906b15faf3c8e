import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, realpath, rename, unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { HubError } from '../errors.ts'

const NAME = /^[0-9a-f]{16}$/
const ANSWER_MS = 2000
/** A holder answers at once; an elder one that begins waits for us to give way. */
const ELDER_MS = 200

/** The right to write to a directory, until it is released or the process ends. */
export interface VaultLock {
  release(): Promise<void>
}

/**
 * Takes a directory for one recorder of this machine.
 *
 * Everyone who wants it puts a socket of its own name into a place that belongs to the directory, and
 * only then looks at the others: of two at least one sees the other. A socket can be connected to
 * exactly as long as its process lives, so that nothing is left to clean up after kill -9. The place
 * is among the temporary files, since not every file system for archives knows sockets.
 *
 * @throws HubError `HUB_VAULT_IN_USE`
 */
export async function lockVault(directory: string): Promise<VaultLock> {
  const hash = createHash('sha256')
    .update(await realpath(directory))
    .digest('hex')
  const place = join(tmpdir(), `hksv-vault-${process.getuid?.() ?? ''}-${hash.slice(0, 16)}`)
  await mkdir(place, { recursive: true, mode: 0o700 })
  const own = randomBytes(8).toString('hex')
  let isHolder = false
  const waiting = new Set<() => void>()
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy())
    const answer = () => socket.end(`${process.pid}\n`)
    if (isHolder) answer()
    else waiting.add(answer)
    socket.on('close', () => waiting.delete(answer))
  })
  await publish(server, place, own)
  const release = async () => {
    await unlink(join(place, own)).catch(() => undefined)
    server.close()
  }
  try {
    for (const other of (await readdir(place)).filter(name => NAME.test(name) && name !== own)) {
      await yieldTo(directory, join(place, other), other < own)
    }
  } catch (error) {
    await release()
    throw error
  }
  isHolder = true
  for (const answer of waiting) answer()
  return { release }
}

/** Under another name until it listens: what is bound and does not listen yet looks dead. */
async function publish(server: Server, place: string, name: string): Promise<void> {
  const hidden = join(place, `.${name}`)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path: hidden }, resolve)
  })
  // It ends with the process, and never keeps it alive.
  server.unref()
  await rename(hidden, join(place, name))
}

/**
 * @param isElder Of two that begin at once the elder one wins, whatever it does yet.
 * @throws HubError `HUB_VAULT_IN_USE`
 */
async function yieldTo(directory: string, path: string, isElder: boolean): Promise<void> {
  const answer = await ask(path, isElder)
  if (answer === 'gone') return
  if (answer === 'dead') await unlink(path).catch(() => undefined)
  else {
    throw new HubError('HUB_VAULT_IN_USE', {
      message: `${directory} is in use: ${answer} records there. Stop that one first, or choose another --dir.`,
    })
  }
}

function ask(path: string, isElder: boolean): Promise<string> {
  return new Promise(resolve => {
    const socket = createConnection({ path })
    const settle = (answer: string) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(isElder ? ELDER_MS : ANSWER_MS, () => settle('another process'))
    socket.on('data', text => settle(`process ${text.toString().trim()}`))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isDead = error.code === 'ECONNREFUSED'
      settle(isDead ? 'dead' : error.code === 'ENOENT' ? 'gone' : 'another process')
    })
    socket.on('close', () => settle('gone'))
  })
}
