import { fork } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A program under test in a process of its own, so that its CPU is not that of the client. */
export class Subject {
  /** Where a profile of each measured stretch of work is written; without it there is none. */
  static profileDirectory
  static #profiles = 0

  #name
  #child
  #calls = new Map()
  #nextId = 0
  #stderr = ''

  /** @param {string} name Of a program in subjects/. */
  constructor(name) {
    this.#name = name
    const path = fileURLToPath(new URL(`subjects/${name}.mjs`, import.meta.url))
    this.#child = fork(path, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr.on('data', text => {
      this.#stderr += text
    })
    this.#child.on('message', ({ id, result, error }) => {
      const call = this.#calls.get(id)
      this.#calls.delete(id)
      if (error === undefined) call.resolve(result)
      else call.reject(new Error(`${name}: ${error}`))
    })
    this.#child.on('exit', code => {
      const error = new Error(`${name} ended with ${code}: ${this.#stderr}`)
      for (const { reject } of this.#calls.values()) reject(error)
    })
  }

  get pid() {
    return this.#child.pid
  }

  /** Calls a method of the subject. */
  call(name, argument) {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#child.send({ id, name, argument })
    })
  }

  /** @returns The CPU in milliseconds that the subject used meanwhile. */
  async cpuMsOf(work) {
    const directory = Subject.profileDirectory
    if (directory === undefined) return this.#cpuMsOf(work)
    await this.call('startProfile')
    const cpuMs = await this.#cpuMsOf(work)
    await this.call('stopProfile', join(directory, `${Subject.#profiles++}-${this.#name}`))
    return cpuMs
  }

  stop() {
    if (this.#child.connected) this.#child.disconnect()
  }

  async #cpuMsOf(work) {
    const before = await this.call('cpuMs')
    await work()
    return (await this.call('cpuMs')) - before
  }
}
