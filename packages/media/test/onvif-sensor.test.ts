import { isMediaError, onvifSensor } from '@hksv/media'
import { expect, onTestFinished, test, vi } from 'vitest'

import { type Maker, OnvifCamera } from './support/onvif-camera.ts'

async function watched(maker: Maker = {}, credentials?: string) {
  const camera = await new OnvifCamera(maker).listen()
  onTestFinished(() => camera.close())
  const seen: string[] = []
  const stop = new AbortController()
  // Nobody waits for a camera that has something to tell.
  const clock = { now: () => Math.round(performance.now()), sleepUntil: () => Promise.resolve() }
  const sensor = onvifSensor(camera.address(credentials), { clock })
  const watching = sensor.watch(what => void seen.push(what ?? 'motion'), stop.signal)
  watching.catch(() => undefined)
  return { camera, seen, stop, sensor, watching }
}

const cell = 'tns1:RuleEngine/CellMotionDetector/Motion'

test.each(['', 'onvif:', 'onvif://', 'http://camera', 'onvif://[', 'onvif://camera#mulaw'])(
  'the address %j is refused, without itself',
  address => {
    let refusal: unknown
    try {
      onvifSensor(address)
    } catch (error) {
      refusal = error
    }
    expect(isMediaError(refusal) && refusal.code).toBe('MEDIA_MOTION_ADDRESS')
    expect(String(refusal)).not.toContain('mulaw')
  },
)

test('the name has no password in it', () => {
  expect(onvifSensor('onvif://user:secret@camera:8000').name).toBe('onvif://camera:8000')
})

const makers: readonly [string, Maker][] = [
  ['a plain one', {}],
  ['one with other prefixes', { prefixes: ['s', 'tev'] }],
  ['one whose clock is two days behind', { skewMs: -2 * 86_400_000 }],
  ['one with HTTP Digest', { isHttpDigest: true }],
  ['one behind NAT', { claims: 'http://192.168.77.77:8899' }],
  ['one that calls itself 0.0.0.0', { claims: 'http://0.0.0.0' }],
  ['one with relative addresses', { claims: '' }],
  ['one that only knows GetServices', { capabilities: false }],
  ['one whose subscription has an id', { subscriptionId: '7' }],
]

test.each(makers)('%s tells of motion, and is left with a goodbye', async (_name, maker) => {
  const { camera, seen, stop, watching } = await watched(maker)
  camera.tell(cell, 'IsMotion', 'true')
  await vi.waitUntil(() => seen.length === 1)
  await vi.waitUntil(() => camera.asked.at(-1) === 'PullMessages')
  stop.abort()
  await watching
  expect(camera.asked.at(-1)).toBe('Unsubscribe')
  expect(camera.paths.at(-1)).toBe('/onvif/Subscription?Idx=1')
  expect(seen).toEqual(['motion'])
})

test.each([
  [cell, 'IsMotion', 'true', 'Changed', ['motion']],
  [cell, 'IsMotion', 'true', 'Initialized', ['motion']],
  [cell, 'IsMotion', 'false', 'Changed', []],
  [cell, 'IsMotion', 'true', 'Deleted', []],
  ['tns1:VideoSource/MotionAlarm', 'State', '1', 'Changed', ['motion']],
  ['tns1:RuleEngine/MyRuleDetector/PeopleDetect', 'State', 'true', 'Changed', ['motion']],
  ['tns1:RuleEngine/MyRuleDetector/VehicleDetect', 'State', 'true', 'Changed', ['motion']],
  ['tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent', 'IsPeople', 'true', 'Changed', ['motion']],
  ['tnsaxis:CameraApplicationPlatform/tnsaxis:VMD/Profile1', 'active', '1', 'Changed', ['motion']],
  ['tns1:RuleEngine/MyRuleDetector/Visitor', 'State', 'true', 'Changed', ['ring']],
  ['tns1:RuleEngine/MyRuleDetector/Visitor', 'State', 'true', 'Initialized', []],
  ['tns1:RuleEngine/TamperDetector/Tamper', 'IsTamper', 'true', 'Changed', []],
  ['tns1:Device/Trigger/DigitalInput', 'LogicalState', 'true', 'Changed', []],
  [cell, 'Level', '17', 'Changed', []],
])('%s with %s %s, %s', async (topic, name, value, operation, expected) => {
  const { camera, seen, stop, watching } = await watched()
  camera.tell(topic, name, value, operation)
  // When it pulls again it has understood.
  await vi.waitUntil(() => camera.asked.filter(one => one === 'PullMessages').length === 2)
  expect(seen).toEqual(expected)
  stop.abort()
  await watching
})

test('motion is said again while it lasts, and for two minutes when nobody says that it is over', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { camera, seen, stop, watching } = await watched()
  camera.tell(cell, 'IsMotion', 'true')
  await vi.waitUntil(() => seen.length === 1)
  vi.advanceTimersByTime(10_000)
  expect(seen).toHaveLength(3)
  camera.tell(cell, 'IsMotion', 'true', 'Changed', 'v2')
  await vi.waitUntil(() => seen.length === 4)
  camera.tell(cell, 'IsMotion', 'false')
  const pulls = () => camera.asked.filter(one => one === 'PullMessages').length
  await vi.waitUntil(() => pulls() === 4)
  vi.advanceTimersByTime(5000)
  expect(seen).toHaveLength(5)
  vi.advanceTimersByTime(110_000)
  const during = seen.length
  expect(during).toBeGreaterThanOrEqual(5 + 21)
  vi.advanceTimersByTime(10_000)
  const after = seen.length
  expect(after).toBeLessThanOrEqual(during + 2)
  vi.advanceTimersByTime(300_000)
  expect(seen).toHaveLength(after)
  stop.abort()
  await watching
})

test('a subscription that is over is made anew', async () => {
  const { camera, seen, stop, watching } = await watched()
  camera.tell(cell, 'IsMotion', 'true')
  camera.expire()
  camera.tell(cell, 'IsMotion', 'true')
  await vi.waitUntil(() => seen.length === 2)
  const subscriptions = camera.asked.filter(one => one === 'CreatePullPointSubscription')
  expect(subscriptions).toHaveLength(2)
  stop.abort()
  await watching
})

test.each([
  ['one that renews', {}, 2],
  ['one that cannot', { cannotRenew: true }, 1],
])('of a subscription that lasts, %s', async (_name, maker, renewals) => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { camera, seen, stop, watching } = await watched(maker)
  for (let pull = 1; pull <= 3; pull++) {
    await vi.waitUntil(() => camera.asked.filter(one => one === 'PullMessages').length === pull)
    vi.advanceTimersByTime(20_000)
    camera.tell(cell, 'IsMotion', 'false')
  }
  await vi.waitUntil(() => camera.asked.filter(one => one === 'PullMessages').length === 4)
  camera.tell(cell, 'IsMotion', 'true')
  await vi.waitUntil(() => seen.length === 1)
  expect(camera.asked.filter(one => one === 'Renew').length).toBeLessThanOrEqual(renewals)
  expect(camera.asked).toContain('Renew')
  stop.abort()
  await watching
})

const bomb = `<!DOCTYPE a [<!ENTITY x "${'x'.repeat(1000)}">]><a>&x;</a>`
const odd = (name: string, answer: (response: import('node:http').ServerResponse) => void) => ({
  odd: { [name]: answer },
})

test.each<[string, Maker, string | undefined, string, RegExp]>([
  ['a wrong password', {}, 'user:wrong@', 'MEDIA_HTTP_AUTH', /does not let us in/],
  ['a wrong password, HTTP', { isHttpDigest: true }, 'user:wrong@', 'MEDIA_HTTP_AUTH', /let us in/],
  ['no user', {}, '', 'MEDIA_HTTP_AUTH', /does not let us in/],
  [
    'no events',
    { capabilities: false, services: false },
    undefined,
    'MEDIA_ONVIF_NO_EVENTS',
    /has no ONVIF events/,
  ],
  [
    'an error in the middle',
    odd('PullMessages', response => void response.writeHead(500).end()),
    undefined,
    'MEDIA_ONVIF',
    /status 500/,
  ],
  [
    'no XML',
    odd('PullMessages', response => void response.end('<a><b></a>')),
    undefined,
    'MEDIA_ONVIF',
    /no SOAP/,
  ],
  [
    'entities of its own',
    odd('PullMessages', response => void response.end(bomb)),
    undefined,
    'MEDIA_ONVIF',
    /no SOAP/,
  ],
  [
    'what is nested too deep',
    odd('PullMessages', response => void response.end('<a>'.repeat(100_000))),
    undefined,
    'MEDIA_ONVIF',
    /no SOAP/,
  ],
  [
    'a body without an end',
    odd('PullMessages', response => void response.end(Buffer.alloc(2_000_000, ' '))),
    undefined,
    'MEDIA_HTTP',
    /more than 1048576 bytes/,
  ],
])('%s is one clear sentence', async (_name, maker, credentials, code, text) => {
  const { watching } = await watched(maker, credentials)
  const error: unknown = await watching.catch((cause: unknown) => cause)
  expect(isMediaError(error) && error.code).toBe(code)
  expect(String(error)).toMatch(text)
  expect(String(error)).not.toMatch(/wrong@|p@ss/)
})
