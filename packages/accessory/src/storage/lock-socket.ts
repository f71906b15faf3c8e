import { chmod, mkdtemp, rename, rm, symlink, unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'

import { isNodeError } from './state-file.ts'

/** Who holds a storage directory. */
export interface LockHolder {
  /** Unless it did not say so in time. */
  readonly pid: number | undefined
  /** The name of its machine or container. */
  readonly host: string | undefined
}

/** What is known of the process behind a socket. */
export type Answer = LockHolder | 'dead' | 'gone'

const ANSWER_MS = 2000
/** `sockaddr_un.sun_path` has 104 bytes on macOS and 108 on Linux, with the zero behind it. */
const MAX_PATH = 100

/**
 * A socket that tells whoever asks which process listens, first `starting`, then `running`. It can be
 * connected to exactly as long as the process lives, however it ends: the kernel sees to that.
 */
export class LockSocket {
  readonly path: string
  readonly #server: Server = createServer(socket => this.#answer(socket))
  readonly #waiting = new Set<Socket>()
  #isRunning = false

  private constructor(path: string) {
    this.path = path
  }

  /**
   * Listens under a hidden name first: a socket that is bound and not yet listened on looks dead.
   *
   * @throws An error of the operating system when sockets are not possible here.
   */
  static async open(directory: string, name: string): Promise<LockSocket> {
    const socket = new LockSocket(join(directory, name))
    const hidden = join(directory, `.${name}`)
    await withShortPath(directory, `.${name}`, path => listen(socket.#server, path))
    // It ends with the process, and never keeps it alive.
    socket.#server.unref()
    try {
      await chmod(hidden, 0o600)
      await rename(hidden, socket.path)
    } catch (error) {
      socket.#server.close()
      throw error
    }
    return socket
  }

  /** From now on it is the holder that answers. */
  run(): void {
    this.#isRunning = true
    for (const socket of this.#waiting) socket.end(line('running'))
  }

  async close(): Promise<void> {
    await removeSocket(this.path)
    for (const socket of this.#waiting) socket.destroy()
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }

  #answer(socket: Socket): void {
    this.#waiting.add(socket)
    socket.on('close', () => this.#waiting.delete(socket))
    socket.on('error', () => socket.destroy())
    if (this.#isRunning) socket.end(line('running'))
    else socket.write(line('starting'))
  }
}

/**
 * Removes a socket, if it is there. Not with `rm`: in Node 20.20, `rm` of a socket leaves the process
 * unable to import packages through symbolic links.
 */
export async function removeSocket(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isNodeError(error) || error.code !== 'ENOENT') throw error
  }
}

/**
 * Asks the process behind a socket who it is.
 *
 * @param isPatient Waits until a process that is starting holds the directory or gives way.
 * @returns `dead` when nobody can ever answer there again, `gone` when it gave way.
 */
export async function ask(directory: string, name: string, isPatient: boolean): Promise<Answer> {
  for (;;) {
    const answer = await withShortPath(directory, name, path => askOnce(path, isPatient))
    // It ended while it was asked: what is left of it tells whether it gave way or was killed.
    if (answer !== 'gone') return answer === 'absent' ? 'gone' : answer
  }
}

function askOnce(path: string, isPatient: boolean): Promise<Answer | 'absent'> {
  return new Promise(resolve => {
    const socket = createConnection({ path })
    let text = ''
    let holder: LockHolder = { pid: undefined, host: undefined }
    const settle = (answer: Answer | 'absent') => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(ANSWER_MS, () => settle(holder))
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const last = text.slice(0, text.lastIndexOf('\n') + 1).trimEnd()
      if (last === '') return
      const [state = '', pid = '', host = ''] = (last.split('\n').at(-1) ?? '').split(' ')
      holder = { pid: Number(pid), host }
      if (state === 'running' || !isPatient) settle(holder)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const { code } = error
      // Any other failure proves nothing, and then somebody is taken to be there.
      if (code === 'ECONNREFUSED') settle('dead')
      else if (code === 'ENOENT') settle('absent')
      else settle(code === 'ECONNRESET' || code === 'EPIPE' ? 'gone' : holder)
    })
    socket.on('close', () => settle('gone'))
  })
}

function line(state: 'starting' | 'running'): string {
  return `${state} ${process.pid} ${hostname()}\n`
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Calls `use` with a path that fits a socket's address: where it does not, through a link. */
async function withShortPath<T>(
  directory: string,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = resolve(directory, name)
  if (Buffer.byteLength(path) <= MAX_PATH) return use(path)
  const short = await mkdtemp(join(tmpdir(), 'hksv-'))
  try {
    await symlink(resolve(directory), join(short, 'd'))
    return await use(join(short, 'd', name))
  } finally {
    await rm(short, { recursive: true, force: true })
  }
}
