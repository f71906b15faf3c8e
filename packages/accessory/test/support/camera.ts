import {
  type CameraEvent,
  type CameraOptions,
  type RunningCamera,
  startCamera,
} from '@hksv/accessory'
import { type CharacteristicName, characteristics, type ServiceName, services } from '@hksv/hap'
import { type MediaSource, openSource } from '@hksv/media'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'

import { Controller, type HapClient, Mailbox } from '../client.ts'
import { temporaryDirectory } from './directory.ts'
import { StepClock } from './step-clock.ts'

/** A camera under test, with what drives it. */
export interface Stage {
  readonly camera: RunningCamera
  readonly port: number
  readonly storage: string
  /** The time of its source, which stands still until it is moved. */
  readonly clock: StepClock
  /** What it reported, in order. */
  readonly events: Mailbox<CameraEvent>
}

/** Starts a camera on the loopback whose source is the built-in sample. */
export async function stage(
  options: Partial<CameraOptions> & { wrap?: (source: MediaSource) => MediaSource } = {},
): Promise<Stage> {
  const { wrap = source => source, ...rest } = options
  const storage = rest.storage ?? (await temporaryDirectory())
  const clock = new StepClock()
  const source = await openSource('sample', { clock })
  onTestFinished(() => source[Symbol.asyncDispose]())
  const events = new Mailbox<CameraEvent>()
  const camera = await startCamera({
    name: 'Porch',
    host: '127.0.0.1',
    mdns: false,
    log: pino({ level: 'silent' }),
    ...rest,
    storage,
    source: wrap(source),
    onEvent: event => events.push(event),
  })
  onTestFinished(() => camera.close())
  return { camera, port: camera.info.port, storage, clock, events }
}

/** A source whose pictures are taken by `snapshot` instead. */
export function withSnapshot(
  snapshot: MediaSource['snapshot'],
): (source: MediaSource) => MediaSource {
  return source => ({
    description: source.description,
    warnings: [],
    samples: signal => source.samples(signal),
    snapshot,
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  })
}

/** A camera that is paired, with its administrator and a verified connection of his. */
export async function pairedStage(
  options: Parameters<typeof stage>[0] = {},
): Promise<Stage & { admin: Controller; client: HapClient }> {
  const made = await stage(options)
  const admin = new Controller()
  await admin.pair(made.port, made.camera.info.setupCode ?? '')
  return { ...made, admin, client: await admin.connect(made.port) }
}

/** Adds a controller that is no administrator. */
export async function addGuest(client: HapClient, admin: Controller): Promise<Controller> {
  const guest = new Controller()
  await client.pairings({ method: 'add', pairing: guest.pairing(0) })
  guest.accessory = admin.accessory
  return guest
}

/** What `GET /accessories` answers, as far as the tests look. */
export interface Described {
  readonly accessories: readonly {
    readonly aid: number
    readonly services: readonly {
      readonly iid: number
      readonly type: string
      readonly linked?: readonly number[]
      readonly primary?: boolean
      readonly characteristics: readonly {
        readonly iid: number
        readonly type: string
        readonly value?: unknown
      }[]
    }[]
  }[]
}

/** Instance ids by the names of service and characteristic; of equal services the first. */
export async function instanceIds(
  client: HapClient,
): Promise<(service: ServiceName, characteristic: CharacteristicName) => number> {
  // The client hands on what it parsed; its shape is what this whole suite is about.
  const { accessories } = (await client.json('GET', '/accessories')) as Described
  return (service, characteristic) => {
    const found = accessories[0]?.services
      .find(({ type }) => type === services[service].type)
      ?.characteristics.find(({ type }) => type === characteristics[characteristic].type)
    if (found === undefined) throw new Error(`there is no ${service}.${characteristic}`)
    return found.iid
  }
}
