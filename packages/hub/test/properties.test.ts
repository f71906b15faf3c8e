import { selectedCameraRecordingConfiguration, type VideoAttributes } from '@hksv/hap'
import { chooseConfiguration, isHubError, type Offer, RemoteDatabase } from '@hksv/hub'
import fc from 'fast-check'
import { expect, it } from 'vitest'

import { cameraDatabase } from './support/camera-database.ts'

/** Parses; anything but a database, or the one error there is, fails. */
function parse(json: unknown): RemoteDatabase | undefined {
  try {
    return RemoteDatabase.parse(json)
  } catch (error) {
    if (!isHubError(error) || error.code !== 'HUB_PROTOCOL') throw error
    return undefined
  }
}

it('takes no JSON for more than it is, and throws nothing but its own error', () => {
  const anything = fc.jsonValue({ maxDepth: 6 })
  const id = fc.oneof(fc.nat(), fc.double(), fc.integer(), fc.nat().map(String), anything)
  const type = fc.oneof(fc.constantFrom('22', '0000003e'), fc.string({ maxLength: 40 }), anything)
  const service = fc.record(
    { iid: id, type, linked: anything, characteristics: fc.oneof(fc.constant([]), anything) },
    { requiredKeys: ['iid', 'type'] },
  )
  const services = fc.array(service, { maxLength: 2 })
  const accessories = fc.array(fc.record({ aid: id, services }), { minLength: 1, maxLength: 2 })
  const nearly = fc.record({ accessories })
  fc.assert(
    fc.property(fc.oneof(anything, nearly), json => {
      for (const { iid, type } of parse(json)?.services ?? []) {
        expect(Number.isSafeInteger(iid) && iid >= 0).toBe(true)
        expect(type).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$/)
      }
    }),
  )
})

it('reads a camera of which something was replaced, or refuses it', () => {
  const text = JSON.stringify({ accessories: [{ aid: 1, services: cameraDatabase() }] })
  const places: (string | number)[][] = []
  const walk = (value: unknown, path: (string | number)[]) => {
    places.push(path)
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      walk(member, [...path, Array.isArray(value) ? Number(key) : key])
    }
  }
  walk(JSON.parse(text), [])
  fc.assert(
    fc.property(fc.constantFrom(...places.slice(1)), fc.jsonValue(), (path, put) => {
      const json: unknown = JSON.parse(text)
      // Every step but the last leads to an object or an array.
      const parent = path
        .slice(0, -1)
        .reduce<unknown>((at, key) => Reflect.get(at as object, key), json)
      Reflect.set(parent as object, path.at(-1) ?? '', put)
      const database = parse(json)
      // Whatever it became, it can be looked through.
      for (const service of database?.services ?? []) {
        for (const { aid, iid } of service.characteristics) {
          expect(database?.find(aid, iid)).toBeDefined()
        }
      }
    }),
  )
})

const attributes: fc.Arbitrary<VideoAttributes> = fc.record({
  width: fc.integer({ min: 1, max: 0xffff }),
  height: fc.integer({ min: 1, max: 0xffff }),
  frameRate: fc.integer({ min: 1, max: 120 }),
})
const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1 })
const length = fc.integer({ min: 0, max: 60_000 })

const offers: fc.Arbitrary<Offer> = fc.record({
  general: fc.record({
    prebufferLengthMs: length,
    eventTriggerOptions: fc.constantFrom(1n, 2n, 3n),
    mediaContainers: fc.tuple(
      fc.record({ type: fc.constant(0), parameters: fc.record({ fragmentLengthMs: length }) }),
    ),
  }),
  video: fc.record({
    codecs: fc.tuple(
      fc.record({
        codec: fc.constant(0),
        parameters: fc.record({ profiles: some(0, 1, 2), levels: some(0, 1, 2) }),
        attributes: fc.array(attributes, { minLength: 1, maxLength: 8 }),
      }),
    ),
  }),
  audio: fc.record({
    codecs: fc.array(
      fc.record({
        codec: fc.constantFrom(0, 1),
        parameters: fc.record({
          channels: fc.constantFrom(1, 2),
          bitRateModes: some(0, 1),
          sampleRates: some(0, 1, 2, 3, 4, 5),
        }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
})
const wishes = fc.record(
  {
    prebufferMs: length,
    width: fc.integer({ min: 1, max: 8000 }),
    height: fc.integer({ min: 1, max: 8000 }),
    bitRateKbps: fc.integer({ min: 1, max: 20_000 }),
  },
  { requiredKeys: [] },
)

it('selects nothing but what is offered, and what can be written', () => {
  fc.assert(
    fc.property(offers, wishes, (offer, wished) => {
      const { general, video, audio } = chooseConfiguration(offer, wished)
      const [codec] = offer.video.codecs
      expect(codec?.attributes).toContain(video.attributes)
      expect(codec?.parameters.profiles).toContain(video.parameters.profile)
      expect(codec?.parameters.levels).toContain(video.parameters.level)
      expect(general.prebufferLengthMs).toBeLessThanOrEqual(offer.general.prebufferLengthMs)
      const [container] = offer.general.mediaContainers
      expect(general.mediaContainer.parameters.fragmentLengthMs).toBeLessThanOrEqual(
        container?.parameters.fragmentLengthMs ?? 0,
      )
      const fits = offer.audio.codecs.some(
        each =>
          each.codec === audio.codec &&
          each.parameters.channels === audio.parameters.channels &&
          each.parameters.bitRateModes.includes(audio.parameters.bitRateMode) &&
          each.parameters.sampleRates.includes(audio.parameters.sampleRate),
      )
      expect(fits).toBe(true)
      const written = { general, video, audio }
      const bytes = selectedCameraRecordingConfiguration.encode(written)
      expect(selectedCameraRecordingConfiguration.decode(bytes)).toEqual(written)
    }),
  )
})

it('selects the picture size that is nearest to the wish, in whatever order it is offered', () => {
  fc.assert(
    fc.property(offers, wishes, fc.integer({ min: 0, max: 7 }), (offer, wished, turn) => {
      const { width = 1920, height = 1080 } = wished
      const distance = (each: VideoAttributes) =>
        Math.abs(each.width * each.height - width * height)
      const [codec] = offer.video.codecs
      if (codec === undefined) throw new Error('no codec')
      const list = [...codec.attributes.slice(turn), ...codec.attributes.slice(0, turn)]
      const turned = { ...offer, video: { codecs: [{ ...codec, attributes: list }] } }
      const nearest = Math.min(...list.map(distance))
      for (const each of [offer, turned]) {
        expect(distance(chooseConfiguration(each, wished).video.attributes)).toBe(nearest)
      }
    }),
  )
})
