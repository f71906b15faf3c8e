import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  deriveHdsKeys,
  HdsAccessory,
  HdsHub,
  type HdsHubCommand,
  type HdsHubEvent,
} from '@hksv/hds'
import { systemClock } from '@hksv/media'
import { pino } from 'pino'
import { onTestFinished, vi } from 'vitest'
import { SourceReader } from '../../src/camera/source-reader.ts'
import { HdsConnection } from '../../src/recording/hds-connection.ts'
import { Recorder } from '../../src/recording/recorder.ts'
import { RecordingManager } from '../../src/recording/recording-manager.ts'
import type { RecordingReport } from '../../src/recording/recording-session.ts'
import { EventKeeper } from '../../src/records/event-keeper.ts'
import type { EventRecord } from '../../src/records/event-record.ts'
import { Mailbox } from '../client.ts'
import { HandSource } from './hand-source.ts'

const log = pino({ level: 'silent' })

/** What the data stream's listener gives its sockets. */
const HIGH_WATER_MARK = 512 * 1024

/** Time that passes only when it is told to, from 0 on: timers, and media's clock. */
export function virtualTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

const now = (): number => systemClock.now()

/** Everything that can happen without time passing has happened. */
export function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** Lets time pass. */
export async function pass(ms: number): Promise<void> {
  await settled()
  await vi.advanceTimersByTimeAsync(ms)
  await settled()
}

/** A hub at the other end of a socket without a network, which takes as much as a test wants. */
export class VirtualHub extends Duplex {
  readonly events: Mailbox<HdsHubEvent> = new Mailbox()
  readonly #machine: HdsHub
  #isReading = true
  #held: (() => void) | undefined
  #taken = 0

  constructor(machine: HdsHub) {
    super({ highWaterMark: HIGH_WATER_MARK })
    this.#machine = machine
    this.#act([])
  }

  command(command: HdsHubCommand): void {
    this.#act(this.#machine.send(command, now()))
  }

  /** From now on it takes what it is sent, or nothing. */
  reads(isReading: boolean): void {
    this.#isReading = isReading
    if (isReading) this.takeOne()
  }

  /** Takes one piece, if there is one. */
  takeOne(): void {
    const held = this.#held
    this.#held = undefined
    held?.()
  }

  /** Takes as many bytes as are in the socket now, and no more. */
  takeWaiting(): void {
    const end = this.#taken + this.writableLength
    while (this.#held !== undefined && this.#taken < end) this.takeOne()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const take = () => {
      this.#taken += chunk.length
      this.#act(this.#machine.receive(chunk, now()))
      done()
    }
    if (this.#isReading) take()
    else this.#held = take
  }

  #act(events: readonly HdsHubEvent[]): void {
    for (const event of events) this.events.push(event)
    for (let piece = this.#machine.take(); piece; piece = this.#machine.take()) this.push(piece)
  }
}

/** A recorder that runs, the source behind it, and what it says of its failures. */
export async function runningRecorder(prebufferLengthMs = 4000): Promise<{
  source: HandSource
  recorder: Recorder
  failures: string[]
  said: string[]
}> {
  const failures: string[] = []
  const said: string[] = []
  const source = await HandSource.open()
  const clock = systemClock
  const failed = (message: string) => void failures.push(message)
  const reader = new SourceReader({ source, log, clock, failed, random: () => 0 })
  const recorder = new Recorder({
    reader,
    description: source.description,
    log: { ...log, info: (what: unknown) => void said.push(String(what)) },
    clock,
    fragmentDurationMs: 4000,
    prebufferLengthMs,
  })
  recorder.start()
  onTestFinished(() => {
    recorder.stop()
    return reader.close()
  })
  await source.starts.next()
  return { source, recorder, failures, said }
}

/** A camera's data streams and what it reports of them, with one recorder behind all. */
export class VirtualCamera {
  readonly reports: Mailbox<RecordingReport> = new Mailbox()
  /** Each when it begins, and when it is over. */
  readonly records: EventRecord[] = []
  motionEndedAt: number | undefined
  readonly manager: RecordingManager

  constructor(recorder: Recorder, options: { maxDurationMs?: number } = {}) {
    this.manager = new RecordingManager({
      permit: () => ({
        recorder,
        prebufferMs: 4000,
        withAudio: false,
        motionEndedAt: () => this.motionEndedAt,
      }),
      maxDurationMs: options.maxDurationMs ?? 180_000,
      now,
      log,
      keeper: new EventKeeper({
        camera: 'Porch',
        lastId: 0,
        now,
        changed: record => this.records.push(record),
      }),
      opened: () => undefined,
      closed: report => this.reports.push(report),
    })
  }

  /** A hub that records, from the key frame that comes next on. */
  async record(): Promise<VirtualHub> {
    const { hub } = await this.connect()
    hub.command({ type: 'open-recording' })
    await settled()
    return hub
  }

  /** A hub that has said hello. */
  async connect(): Promise<{ hub: VirtualHub; connection: HdsConnection }> {
    const salt = { controllerKeySalt: crypto.random(32), accessoryKeySalt: crypto.random(32) }
    const sharedSecret = crypto.random(32)
    const keys = deriveHdsKeys(crypto, { sharedSecret, ...salt })
    const hub = new VirtualHub(new HdsHub({ crypto, keys, random: crypto.random, now: now() }))
    const { signal } = new AbortController()
    const requester = { controllerId: 'hub', sharedSecret, localAddress: '', signal }
    const connection = new HdsConnection({
      requester,
      setUp: {},
      // All that the connection needs of a socket is what every stream has.
      socket: hub as unknown as Socket,
      machine: new HdsAccessory({ crypto, keys, now: now() }),
      now,
      log,
      onEvent: (from, event) => this.manager.handle(from, event),
    })
    onTestFinished(() => connection.close('camera stopped'))
    await settled()
    const { type } = await hub.events.next()
    if (type !== 'ready') throw new Error(`${type} instead of ready`)
    return { hub, connection }
  }
}
