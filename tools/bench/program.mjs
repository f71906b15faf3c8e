// A camera as a program that somebody starts, from the outside.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const HOST = '127.0.0.1'
const POLL_MS = 2
const DEADLINE_MS = 20_000

const commands = {
  hksv: ({ storage, port, flags }) => [
    fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url)),
    'camera',
    ...['--source', 'sample', '--storage', join(storage, 'camera'), '--port', port, ...flags],
  ],
  'hap-nodejs': ({ storage, port, flags }) => [
    fileURLToPath(new URL('subjects/hap-nodejs-program.mjs', import.meta.url)),
    ...[join(storage, 'camera'), port, ...flags],
  ],
}

/** A running camera. */
export class Program {
  /** From the start of the process until its port took a connection. */
  listeningAfterMs
  #child

  constructor(child, listeningAfterMs) {
    this.#child = child
    this.listeningAfterMs = listeningAfterMs
  }

  /**
   * @param {'hksv' | 'hap-nodejs'} name
   * @param {string} storage A directory that is there.
   * @param {string[]} flags `--no-mdns` or nothing.
   */
  static async start(name, storage, flags = []) {
    const port = await freePort()
    const args = commands[name]({ storage, port: String(port), flags })
    const startedAt = performance.now()
    // What is set for hksv in this shell is not what is measured.
    const env = { PATH: process.env.PATH, HOME: storage }
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
    let stderr = ''
    child.stderr.on('data', text => {
      stderr += text
    })
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${stderr}`)
      if (performance.now() - startedAt > DEADLINE_MS) throw new Error(`${name} does not listen`)
      await delay(POLL_MS)
    }
    return new Program(child, performance.now() - startedAt)
  }

  get pid() {
    return this.#child.pid
  }

  async stop() {
    const exited = once(this.#child, 'exit')
    this.#child.kill()
    await exited
  }
}

async function freePort() {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

function accepts(port) {
  return new Promise(resolve => {
    const socket = connect({ host: HOST, port })
    const end = isOpen => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
