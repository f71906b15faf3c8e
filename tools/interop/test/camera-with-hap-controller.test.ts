import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type CameraEvent, type RunningCamera, startCamera } from '@hksv/accessory'
import { type MediaSource, openSource } from '@hksv/media'
import type { HttpClient as HttpClientType } from 'hap-controller'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Past the package's entry, which loads its Bluetooth half.
const { default: HttpClient } = createRequire(import.meta.url)(
  'hap-controller/lib/transport/ip/http-client.js',
) as { default: typeof HttpClientType }

const SETUP_CODE = '031-45-154'

let directory = ''
let source: MediaSource
let camera: RunningCamera
const events: CameraEvent[] = []
const waiting: (() => void)[] = []
const log = { debug() {}, info() {}, warn() {}, error: console.error }

/** A connection of its own: some of its verbs leave the last one unusable. */
function controller(pairing?: ConstructorParameters<typeof HttpClient>[3]): HttpClientType {
  return new HttpClient(camera.info.id, '127.0.0.1', camera.info.port, pairing)
}

/** Resolves when the camera has reported it, which may be after its answer. */
async function happened(name: CameraEvent['event']): Promise<void> {
  while (!events.some(({ event }) => event === name)) {
    await new Promise<void>(resolve => waiting.push(resolve))
  }
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hksv-hap-controller-'))
  source = await openSource('sample')
  camera = await startCamera({
    name: 'Interop',
    source,
    storage: join(directory, 'camera'),
    host: '127.0.0.1',
    port: 0,
    mdns: false,
    setupCode: SETUP_CODE,
    control: { host: '127.0.0.1', port: 0 },
    log,
    onEvent(event) {
      events.push(event)
      for (const wake of waiting.splice(0)) wake()
    },
  })
})

afterAll(async () => {
  await camera?.close()
  await source?.[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

test('identifies an unpaired camera', async () => {
  await controller().identify()
  expect(events).toContainEqual({ event: 'identify' })
})

test('is refused with a wrong code, and paired with the right one', async () => {
  const wrong = controller()
  await expect(wrong.pairSetup('031-45-155')).rejects.toThrow()
  await wrong.close()
  const first = controller()
  await first.pairSetup(SETUP_CODE)
  expect(events).toContainEqual({ event: 'paired', controllers: 1 })
  const pairing = first.getLongTermData() ?? undefined
  expect(pairing).toMatchObject({ AccessoryPairingID: expect.anything() })
  await expect(controller().pairSetup(SETUP_CODE)).rejects.toThrow()
  await expect(controller(pairing).identify()).rejects.toThrow()
  paired = controller(pairing)
})

let paired: HttpClientType

/** What `/accessories` says, by short type. */
async function characteristicsByType(): Promise<Map<string, { id: string; value: unknown }>> {
  const { accessories } = await paired.getAccessories()
  const all = accessories[0]?.services.flatMap(({ characteristics }) => characteristics) ?? []
  return new Map(
    all.map(({ type = '', iid, value }) => [
      type.slice(0, 8).replace(/^0+/, '').toUpperCase(),
      { id: `1.${iid}`, value },
    ]),
  )
}

async function idOf(type: string): Promise<string> {
  return (await characteristicsByType()).get(type)?.id ?? `no ${type}`
}

test('keeps no setup code on the disk once paired', () => {
  const storage = join(directory, 'camera')
  const files = readdirSync(storage, { withFileTypes: true }).filter(entry => entry.isFile())
  const texts = files.map(({ name }) => readFileSync(join(storage, name), 'utf8'))
  expect(texts.length).toBeGreaterThan(3)
  for (const text of texts) expect(text).not.toContain(SETUP_CODE)
})

test('verifies and lists the services of a Secure Video camera', async () => {
  const { accessories } = await paired.getAccessories()
  const types = accessories[0]?.services.map(({ type }) => type.slice(0, 8).replace(/^0+/, ''))
  expect(accessories).toHaveLength(1)
  expect(types).toEqual(['3E', 'A2', '110', '110', '112', '85', '21A', '129', '204'])
})

test('reads values and what describes them, and hears of those that are not there', async () => {
  const name = await idOf('23')
  const { characteristics } = await paired.getCharacteristics([name], { meta: true, perms: true })
  expect(characteristics).toMatchObject([{ value: 'Interop', format: 'string', perms: ['pr'] }])
  const both = await paired.getCharacteristics([name, '1.9999'])
  expect(both.characteristics).toMatchObject([
    { value: 'Interop', status: 0 },
    { iid: 9999, status: -70409 },
  ])
})

test('writes, and is refused what may not be written', async () => {
  const mute = await idOf('11A')
  await paired.setCharacteristics({ [mute]: true })
  expect((await paired.getCharacteristics([mute])).characteristics).toMatchObject([{ value: true }])
  const readOnly = await idOf('23')
  const refused = await paired.setCharacteristics({ [readOnly]: 'Other' })
  expect(refused).toMatchObject({ characteristics: [{ status: -70404 }] })
  // RecordingAudioActive takes timed writes only, which this controller does not have.
  const timed = await paired.setCharacteristics({ [await idOf('226')]: 1 })
  expect(timed).toMatchObject({ characteristics: [{ status: -70410 }] })
})

test('subscribes, and gets an event when something moves', async () => {
  const motion = await idOf('22')
  const seen: unknown[] = []
  let resolve = () => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  paired.on('event', (event: { characteristics: { value: unknown }[] }) => {
    seen.push(...event.characteristics.map(({ value }) => value))
    if (seen.length === 2) resolve()
  })
  await paired.subscribeCharacteristics([motion])
  await fetch(`${camera.info.controlUrl}/motion`, { method: 'POST', body: '{"durationMs":10000}' })
  await fetch(`${camera.info.controlUrl}/motion/clear`, { method: 'POST' })
  await promise
  expect(seen).toEqual([true, false])
  await paired.unsubscribeCharacteristics([motion])
})

test('gets a picture of the size it asks for', async () => {
  const jpeg = await paired.getImage(640, 360)
  expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8])
  expect(jpegSize(jpeg)).toEqual({ width: 640, height: 360 })
})

test('lets a second controller in, lists both, and removes them', async () => {
  const second = controller()
  const identifier = 'D4B7DD2E-5B5C-4A5B-9C39-3A3A4A9F3C11'
  await paired.addPairing(identifier, Buffer.alloc(32, 7), false)
  const listed = await paired.listPairings()
  expect(listed.size).toBeGreaterThanOrEqual(4)
  // It takes a text for hexadecimal digits.
  await paired.removePairing(Buffer.from(identifier))
  const own = paired.getLongTermData()?.iOSDevicePairingID ?? ''
  await paired.removePairing(Buffer.from(own, 'hex'))
  await happened('unpaired')
  await second.close()
  // The camera can be paired with again.
  const again = controller()
  await again.pairSetup(SETUP_CODE)
  expect(events.filter(({ event }) => event === 'paired')).toHaveLength(2)
})

/** The size in the first frame header. */
function jpegSize(jpeg: Buffer): { width: number; height: number } {
  for (let at = 2; at < jpeg.length; ) {
    const marker = jpeg.readUInt16BE(at)
    if (marker >= 0xffc0 && marker <= 0xffc3) {
      return { height: jpeg.readUInt16BE(at + 5), width: jpeg.readUInt16BE(at + 7) }
    }
    at += 2 + jpeg.readUInt16BE(at + 2)
  }
  throw new Error('no frame in this JPEG')
}
