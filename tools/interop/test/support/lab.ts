import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach } from 'vitest'

import { CameraOn } from './camera.ts'
import { Namespace, whyNoNamespaces } from './namespace.ts'

/** Why the tests on networks of their own are skipped; nothing when they run, as they do in CI. */
export const reason: string | undefined = whyNoNamespaces()
if (reason !== undefined && process.env['CI'] === 'true') throw new Error(reason)

/** Of one test, which may take long on a busy machine. */
export const TIMEOUT_MS = 40_000

/** Two machines without a cable, and a directory, new for each test. */
export class Lab {
  #directory: string | undefined
  #machines: readonly Namespace[] = []

  constructor() {
    beforeEach(async () => {
      if (reason !== undefined) return
      this.#directory = mkdtempSync(join(tmpdir(), 'hksv-discovery-'))
      this.#machines = await Promise.all([Namespace.create(), Namespace.create()])
    })
    afterEach(() => {
      for (const machine of this.#machines) machine.close()
      if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true })
    })
  }

  get directory(): string {
    return this.#directory ?? tmpdir()
  }

  /** Where cameras run. */
  get here(): Namespace {
    return this.#machine(0)
  }

  /** Where they are looked for. */
  get there(): Namespace {
    return this.#machine(1)
  }

  /** Starts a new camera. */
  camera(machine: Namespace, name: string, ...args: readonly string[]): CameraOn {
    const storage = mkdtempSync(join(this.directory, 'camera-'))
    return new CameraOn(machine, storage, ['--name', name, ...args])
  }

  #machine(index: number): Namespace {
    const machine = this.#machines[index]
    if (machine === undefined) throw new Error('machines are there within a test only')
    return machine
  }
}
