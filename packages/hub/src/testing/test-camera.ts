import type { CharacteristicName, SelectedCameraRecordingConfiguration } from '@hksv/hap'

import type { AccessoryClient } from '../accessory-client.ts'
import type { RemoteCharacteristic, Value } from '../database.ts'
import { HubError } from '../errors.ts'
import type { Fault } from '../faults/fault.ts'
import { faultNamed } from '../faults/faults.ts'
import { type FaultReport, injectFault } from '../faults/inject-fault.ts'
import type { HubProfile } from '../profiles/profile.ts'
import { armAs } from '../profiles/profiles.ts'
import { recordInto } from '../record-clip.ts'
import { type ArmOptions, disarm } from '../secure-video.ts'
import type { StoredAccessory } from '../store/controller-store.ts'
import type { PairingStore } from '../store/pairing-store.ts'
import { describeClip, expectation } from './expectation.ts'
import { MemoryClip, type TestClip } from './memory-clip.ts'
import { scoped, unless } from './scope.ts'

const CLIP_MS = 8000
const MOTION_MS = 10_000

/** What every step takes. */
export interface StepOptions {
  /** Ends the step when it aborts; the step throws its reason. */
  readonly signal?: AbortSignal
}

/** What to record. */
export interface TestRecording extends StepOptions {
  /**
   * Makes the camera see something; called when the hub listens. Without it nothing is waited for.
   * What it throws, or rejects with, is thrown by `record`.
   */
  readonly trigger?: () => unknown
  /** The clip ends with the fragment that reaches this length; 8000 unless given. */
  readonly durationMs?: number
  /** How long the camera has to report motion after `trigger`; 10,000 unless given. */
  readonly timeoutMs?: number
  /** Pace and manners; those of the hub unless given. */
  readonly profile?: HubProfile
}

interface Parts {
  readonly client: AccessoryClient
  readonly store: PairingStore
  readonly profile: HubProfile
  readonly signal: AbortSignal
}

/**
 * A camera that a test hub is connected to. What is not here is in {@link client}: reads, writes,
 * events, pairings, the database.
 */
export class TestCamera {
  readonly client: AccessoryClient
  readonly #parts: Parts

  /** Called by `TestHub`. */
  constructor(parts: Parts) {
    this.client = parts.client
    this.#parts = parts
  }

  /** Who it is, and where. */
  get accessory(): StoredAccessory {
    return this.client.accessory
  }

  /**
   * Selects a configuration and switches everything on: "Stream & Allow Recording".
   *
   * @returns What was selected.
   * @throws HubError `HUB_NO_CAMERA`, `HUB_REFUSED`, `HUB_UNEXPECTED`, and those of the connection
   */
  arm(options: ArmOptions & StepOptions = {}): Promise<SelectedCameraRecordingConfiguration> {
    const { signal, ...wishes } = options
    const { client } = this
    return this.#step(signal, scope =>
      armAs(client, this.#parts.profile, { ...wishes, signal: scope }),
    )
  }

  /** "Stream": recordings off. @throws HubError As {@link arm} */
  disarm({ signal }: StepOptions = {}): Promise<void> {
    return this.#step(signal, () => disarm(this.client))
  }

  /**
   * Records a clip into memory, as a home hub does when something moves.
   *
   * @throws HubError `HUB_UNEXPECTED` when no motion is reported, or when the recording breaks off;
   * `HUB_RECORDING_REFUSED`, `HUB_NO_MEDIA`, and those of the connection
   * @example
   * const clip = await camera.record({ trigger: () => plugin.raiseMotion(), durationMs: 12_000 })
   * assert.ok(clip.times.firstFragmentMs < 2000)
   */
  async record(options: TestRecording = {}): Promise<TestClip> {
    const { trigger, durationMs = CLIP_MS, timeoutMs = MOTION_MS } = options
    const { profile = this.#parts.profile } = options
    const clip = new MemoryClip()
    const report = await scoped([options.signal, this.#parts.signal], async scope => {
      let timer: NodeJS.Timeout | undefined
      const begin = async () => {
        timer = setTimeout(() => scope.abort(noMotion(timeoutMs)), timeoutMs)
        await trigger?.()
      }
      try {
        const made = await recordInto(
          {
            client: this.client,
            durationMs,
            profile,
            isNow: trigger === undefined,
            signal: scope.signal,
            onProgress({ step }) {
              if (step === 'waiting') begin().catch(scope.abort)
              if (step === 'motion') clearTimeout(timer)
            },
          },
          clip,
        )
        // One that was stopped in the middle is no clip.
        scope.signal.throwIfAborted()
        return made
      } finally {
        clearTimeout(timer)
      }
    })
    if (!report.isComplete) {
      const came = `it broke off (${report.endedBy}: ${report.reason}) after ${describeClip(report)}`
      throw expectation(`a clip of ${durationMs} ms`, came)
    }
    return clip.clip(report)
  }

  /**
   * Takes a picture.
   *
   * @returns A JPEG.
   * @throws HubError `HUB_REFUSED`, `HUB_PROTOCOL`, and those of the connection
   */
  snapshot(
    options: StepOptions & { readonly width?: number; readonly height?: number } = {},
  ): Promise<Uint8Array> {
    const { width = 1280, height = 720, signal } = options
    return this.#step(signal, () => this.client.snapshot({ width, height, reason: 1 }))
  }

  /**
   * Waits until a characteristic of this name, of whichever service, has a value: as it is, or as it
   * is reported.
   *
   * @param options.trigger Called when nothing will be missed any more.
   * @throws HubError `HUB_UNEXPECTED` after `timeoutMs` (10,000 unless given), with what came instead
   * @example
   * await camera.waitFor('programmableSwitchEvent', 0, { trigger: () => plugin.ring() })
   */
  waitFor(
    name: CharacteristicName,
    wanted: Value,
    options: StepOptions & { trigger?: () => unknown; timeoutMs?: number } = {},
  ): Promise<void> {
    const { trigger, timeoutMs = MOTION_MS, signal } = options
    const { client } = this
    return scoped([signal, this.#parts.signal], async scope => {
      const characteristics = this.#named(name)
      const came: Value[] = []
      const failed = () => {
        const values = came.length === 0 ? 'nothing' : came.map(each => JSON.stringify(each)).join()
        scope.abort(expectation(`${name} ${JSON.stringify(wanted)} in ${timeoutMs} ms`, values))
      }
      let timer: NodeJS.Timeout | undefined
      const events = client.events(scope.signal)
      try {
        await unless(scope.signal, client.subscribeAll(characteristics))
        const readings = await unless(scope.signal, client.read(characteristics))
        if (readings.some(({ value }) => isSame(value, wanted))) return
        came.push(...readings.map(({ value }) => value))
        timer = setTimeout(failed, timeoutMs)
        void (async () => trigger?.())().catch(scope.abort)
        for await (const reading of events) {
          if (reading.characteristic.name !== name) continue
          if (isSame(reading.value, wanted)) return
          came.push(reading.value)
        }
      } finally {
        clearTimeout(timer)
        await events.return?.()
      }
    })
  }

  /**
   * Does something that hubs should not, or that befalls them, to an armed camera; then records as a
   * clean hub.
   *
   * @param fault One of `faults`, or its name.
   * @returns What a healthy camera does, and what this one did.
   * @throws RangeError when there is none of this name.
   * @throws HubError `HUB_UNEXPECTED` unless the camera bore it.
   * @example
   * for (const fault of faults) await camera.inject(fault)
   */
  async inject(fault: Fault | string, { signal }: StepOptions = {}): Promise<FaultReport> {
    const wanted = typeof fault === 'string' ? faultNamed(fault) : fault
    const { client } = this
    const report = await this.#step(signal, scope =>
      injectFault({ client, fault: wanted, signal: scope }),
    )
    if (report.isHealthy) return report
    throw expectation(`that a camera ${wanted.expects} when a hub ${wanted.does}`, report.came)
  }

  /** Ends the pairing on both sides, and the connection. @throws HubError `HUB_REFUSED` */
  unpair({ signal }: StepOptions = {}): Promise<void> {
    return this.#step(signal, () => this.client.unpair())
  }

  /** Ends the connection. */
  close(): void {
    this.client.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #step<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signals = [signal, this.#parts.signal]
    return scoped(signals, scope => unless(scope.signal, work(scope.signal)))
  }

  #named(name: CharacteristicName): RemoteCharacteristic[] {
    const all = this.client.database.services.flatMap(({ characteristics }) => characteristics)
    const found = all.filter(each => each.name === name)
    if (found.length > 0) return found
    throw new HubError('HUB_NO_CAMERA', { message: `The accessory has no ${name}.` })
  }
}

function noMotion(timeoutMs: number): HubError {
  return expectation(
    `motionDetected true within ${timeoutMs} ms of the trigger`,
    'no such event. Does the trigger reach the sensor that recordings are linked to?',
  )
}

/** Some accessories write booleans as numbers. */
function isSame(value: Value, wanted: Value): boolean {
  return value === wanted || (typeof wanted === 'boolean' && value === Number(wanted))
}
