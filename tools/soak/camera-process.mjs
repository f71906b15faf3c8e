import { fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const POLL_MS = 20
/**
 * Code that is compiled better and better is on the heap too: after 700 events it was still 2.5 KB more
 * with each, and 0.15 without. What is looked for are objects.
 */
const FLAGS = ['--expose-gc', '--no-opt', '--no-sparkplug']

/** The camera under test, from the outside. */
export class CameraProcess {
  #child
  #calls = new Map()
  #nextId = 0
  #exited

  constructor(child) {
    this.#child = child
    this.#exited = once(child, 'exit')
    child.on('message', ({ id, result, error }) => {
      const call = this.#calls.get(id)
      this.#calls.delete(id)
      if (error === undefined) call?.resolve(result)
      else call?.reject(new Error(`camera: ${error}`))
    })
    child.on('exit', code => {
      for (const { reject } of this.#calls.values()) reject(new Error(`the camera exited: ${code}`))
    })
  }

  static async start(storage, { isLeaky = false } = {}) {
    const path = fileURLToPath(new URL('camera-program.mjs', import.meta.url))
    // What vitest has of conditions is not what the camera is built with.
    const env = { PATH: process.env.PATH, HOME: storage }
    const child = fork(path, [storage, ...(isLeaky ? ['--leaky'] : [])], {
      execArgv: FLAGS,
      env,
    })
    const camera = new CameraProcess(child)
    await new Promise((resolve, reject) => camera.#calls.set('ready', { resolve, reject }))
    return camera
  }

  call(name, argument) {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#child.send({ id, name, argument })
    })
  }

  /** Waits until the camera is in a state. @throws Error with `what` when it is not in time. */
  async until(what, isSo, timeoutMs) {
    const deadline = performance.now() + timeoutMs
    while (!isSo(await this.call('state'))) {
      if (performance.now() > deadline) throw new Error(`${what} after ${timeoutMs} ms`)
      await delay(POLL_MS)
    }
  }

  async stop() {
    if (this.#child.connected) {
      await this.call('close')
      this.#child.disconnect()
    }
    await this.#exited
  }

  kill() {
    this.#child.kill('SIGKILL')
  }
}
