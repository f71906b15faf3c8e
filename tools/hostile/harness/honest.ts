import { answered } from './controller.ts'
import { request } from './request.ts'
import type { Stage } from './stage.ts'
import type { Wire } from './wire.ts'

/** How long an honest controller waits for each step, medians in milliseconds. */
export interface HonestTimes {
  readonly verify: number
  readonly accessories: number
  readonly write: number
  readonly event: number
}

const ROUNDS = 15
const CAMERA_OPERATING_MODE = '21A'
const NIGHT_VISION = '11B'

/**
 * Does what every home does, several times: verify, read all, write, hear of the change.
 *
 * @throws Error when the camera does not do its part.
 */
export async function serveHonestly(stage: Stage): Promise<HonestTimes> {
  const rounds: HonestTimes[] = []
  for (let i = 0; i < ROUNDS; i++) rounds.push(await oneRound(stage))
  const of = (key: keyof HonestTimes) => median(rounds.map(round => round[key]))
  return {
    verify: of('verify'),
    accessories: of('accessories'),
    write: of('write'),
    event: of('event'),
  }
}

async function oneRound(stage: Stage): Promise<HonestTimes> {
  const listener = await stage.verified()
  const begun = performance.now()
  const writer = await stage.verified()
  const verified = performance.now()
  const night = await nightVisionId(writer)
  const read = performance.now()
  await expectStatus(listener, put([{ aid: 1, iid: night, ev: true }]), 204)
  const isOn = await readBoolean(writer, night)
  const before = performance.now()
  await expectStatus(writer, put([{ aid: 1, iid: night, value: !isOn }]), 204)
  const written = performance.now()
  const told = answered(await listener.event())
  const heard = performance.now()
  const text = Buffer.from(told.body).toString()
  if (!text.includes(`"value":${!isOn}`)) throw new Error(`not the change: ${text}`)
  await Promise.all([listener.drop(), writer.drop()])
  return {
    verify: verified - begun,
    accessories: read - verified,
    write: written - before,
    event: heard - before,
  }
}

/** The request that writes these entries. */
export function put(entries: readonly object[], more: object = {}): Buffer {
  return request('PUT', '/characteristics', { characteristics: entries, ...more })
}

interface Described {
  readonly accessories: readonly {
    readonly services: readonly {
      readonly type: string
      readonly characteristics: readonly {
        readonly iid: number
        readonly type: string
        readonly perms: readonly string[]
      }[]
    }[]
  }[]
}

/** Instance id of NightVision, which the suite reads and writes. */
export async function findNightVision(stage: Stage): Promise<number> {
  const wire = await stage.verified()
  const iid = await nightVisionId(wire)
  await wire.drop()
  return iid
}

/** Instance ids of all that can be written. */
export async function writableIds(wire: Wire): Promise<number[]> {
  const { accessories } = await describe(wire)
  const all = accessories.flatMap(({ services }) =>
    services.flatMap(service => service.characteristics),
  )
  return all.filter(({ perms }) => perms.includes('pw')).map(({ iid }) => iid)
}

async function nightVisionId(wire: Wire): Promise<number> {
  const { accessories } = await describe(wire)
  const found = accessories[0]?.services
    .find(({ type }) => type === CAMERA_OPERATING_MODE)
    ?.characteristics.find(({ type }) => type === NIGHT_VISION)
  if (found === undefined) throw new Error('the camera has no NightVision')
  return found.iid
}

async function describe(wire: Wire): Promise<Described> {
  const { status, body } = answered(await wire.ask(request('GET', '/accessories')))
  if (status !== 200) throw new Error(`GET /accessories: ${status}`)
  // Its shape is checked by what is looked up in it.
  return JSON.parse(Buffer.from(body).toString()) as Described
}

/** Reads a characteristic that is on or off. */
export async function readBoolean(wire: Wire, iid: number): Promise<boolean> {
  const asked = request('GET', `/characteristics?id=1.${iid}`)
  const { status, body } = answered(await wire.ask(asked))
  const { characteristics } = JSON.parse(Buffer.from(body).toString())
  const value: unknown = characteristics?.[0]?.value
  if (status !== 200) throw new Error(`GET /characteristics: ${status}`)
  return value === true || value === 1
}

async function expectStatus(wire: Wire, bytes: Uint8Array, status: number): Promise<void> {
  const answer = answered(await wire.ask(bytes))
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}`)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
