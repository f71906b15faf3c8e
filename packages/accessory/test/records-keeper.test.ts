import { beforeEach, describe, expect, test, vi } from 'vitest'

import { EventKeeper } from '../src/records/event-keeper.ts'
import type { EventRecord, Readiness } from '../src/records/event-record.ts'
import { virtualTime } from './support/virtual-hub.ts'

const media = {
  video: { codec: 'h264', width: 1920, height: 1080, hasBFrames: false },
  hasAudio: true,
} as const
const hub = { controllerId: 'hub', address: '10.0.0.2' }
const some = { queuedBytes: 1000, prebufferMs: 4000, hasBFrames: false }

let records: EventRecord[] = []
beforeEach(() => {
  records = []
})

function kept(lastId = 0): EventKeeper {
  virtualTime()
  return new EventKeeper({
    camera: 'Porch',
    lastId,
    now: () => performance.now(),
    changed: record => records.push(record),
  })
}

const pass = (ms: number) => vi.advanceTimersByTime(ms)
const armed = { source: 'control', readiness: 'armed', told: ['hub', 'phone'] } as const

/** Something moves for ten seconds, and a hub that asks after 100 ms gets two fragments. */
function record(keeper: EventKeeper) {
  keeper.triggered('motion', armed)
  keeper.moving(true)
  const setUp = {}
  pass(40)
  keeper.setUp(setUp, 'hub')
  pass(10)
  keeper.hello(setUp)
  pass(50)
  const account = keeper.granted(hub, media)
  account.initSent(1143)
  pass(5)
  account.fragmentSent(500_000, some)
  pass(4000)
  account.fragmentSent(400_000, { ...some, queuedBytes: 2000, prebufferMs: 0 })
  pass(5895)
  keeper.moving(false)
  return account
}

test('tells of a clip from the motion to the end, once', () => {
  const account = record(kept(16))
  expect(records.map(({ outcome }) => outcome)).toEqual(['pending'])
  pass(3000)
  account.ended('hub', 'normal')
  expect(records).toHaveLength(2)
  expect(records[1]).toEqual({
    id: 17,
    camera: 'Porch',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    trigger: { kind: 'motion', source: 'control' },
    triggers: 1,
    readiness: 'armed',
    told: ['hub', 'phone'],
    motionEndedAfterMs: 10_000,
    setUps: [{ controllerId: 'hub', afterMs: 40, helloAfterMs: 50 }],
    recordings: [
      {
        controllerId: 'hub',
        address: '10.0.0.2',
        openAfterMs: 100,
        ...media,
        initAfterMs: 100,
        firstFragmentAfterMs: 105,
        prebufferMs: 4000,
        fragments: 2,
        bytes: 901_143,
        maxQueuedBytes: 2000,
        ended: { afterMs: 13_000, by: 'hub', reason: 'normal' },
      },
    ],
    sourceFailures: [],
    outcome: 'recorded',
    endedAfterMs: 13_000,
  })
})

describe('says why there is no clip', () => {
  const notReady: Readiness[] = [
    'not-paired',
    'camera-off',
    'manually-disabled',
    'recording-off',
    'nothing-selected',
  ]
  test.each(notReady)('%s', readiness => {
    kept().triggered('motion', { source: 'key', readiness, told: [] })
    pass(7999)
    expect(records).toHaveLength(1)
    pass(1)
    expect(records[1]).toMatchObject({ outcome: readiness, endedAfterMs: 8000 })
  })

  test.each([
    [[], 'nobody-told'],
    [['hub'], 'never-opened'],
  ] as const)('told %j: %s', (told, outcome) => {
    const keeper = kept()
    keeper.triggered('motion', { ...armed, told })
    keeper.moving(true)
    pass(60_000)
    expect(records).toHaveLength(1)
    keeper.moving(false)
    expect(records[1]).toMatchObject({ outcome, endedAfterMs: 60_000 })
  })

  test('refused, with the reason', () => {
    const keeper = kept()
    keeper.triggered('motion', armed)
    keeper.refused(hub, 'invalidConfiguration')
    pass(8000)
    expect(records[1]).toMatchObject({
      outcome: 'refused',
      recordings: [{ controllerId: 'hub', openAfterMs: 0, refused: 'invalidConfiguration' }],
    })
  })

  test('the source failed before anybody asked', () => {
    const keeper = kept()
    keeper.triggered('motion', armed)
    pass(100)
    keeper.sourceFailed('The source failed: unplugged')
    pass(8000)
    expect(records[1]).toMatchObject({
      outcome: 'source-failed',
      sourceFailures: [{ afterMs: 100, message: 'The source failed: unplugged' }],
    })
  })

  test.each([
    ['hub', 'normal', 'recorded'],
    ['hub', 'acknowledged', 'recorded'],
    ['hub', 'cancelled', 'cut-short'],
    ['hub', 'timeout', 'cut-short'],
    ['camera', 'unexpectedFailure', 'source-failed'],
    ['camera', 'notAllowed', 'cut-short'],
    ['camera', 'expired', 'cut-short'],
    ['camera', 'stalled', 'stalled'],
    ['camera', 'camera stopped', 'interrupted'],
    ['camera', 'cancelled', 'interrupted'],
    ['connection', 'connection lost', 'cut-short'],
  ] as const)('ended by the %s, %s: %s', (by, reason, outcome) => {
    const account = record(kept())
    account.ended(by, reason)
    expect(records[1]?.outcome).toBe(outcome)
  })

  test('the camera was stopped', () => {
    const keeper = kept()
    const account = record(keeper)
    keeper.close()
    expect(records[1]?.outcome).toBe('interrupted')
    account.ended('connection', 'connection lost')
    pass(60_000)
    expect(records).toHaveLength(2)
  })
})

describe('one event is', () => {
  test('more motion before all is over', () => {
    const keeper = kept()
    const account = record(keeper)
    keeper.triggered('motion', { ...armed, told: ['late', 'hub'] })
    keeper.moving(true)
    account.ended('hub', 'normal')
    expect(keeper.current).toMatchObject({ triggers: 2, told: ['hub', 'phone', 'late'] })
    expect(keeper.current?.motionEndedAfterMs).toBeUndefined()
    keeper.moving(false)
    // Whoever was told of the second motion may still ask.
    expect(records).toHaveLength(1)
    pass(8000)
    expect(records).toHaveLength(2)
  })

  test('a hub that is refused while another records, and one after the other', () => {
    const keeper = kept()
    const account = record(keeper)
    keeper.refused({ controllerId: 'second', address: undefined }, 'busy')
    account.ended('hub', 'cancelled')
    expect(records[1]).toMatchObject({
      outcome: 'cut-short',
      recordings: [{ controllerId: 'hub' }, { controllerId: 'second', refused: 'busy' }],
    })
  })

  test('a recording that nobody triggered', () => {
    const keeper = kept()
    const account = keeper.granted(hub, media)
    account.initSent(1143)
    pass(20_000)
    account.fragmentSent(1, some)
    account.ended('hub', 'normal')
    expect(records[1]).toMatchObject({
      trigger: { kind: 'hub' },
      triggers: 0,
      outcome: 'recorded',
      told: [],
    })
  })
})

test('the first line of an event has what began it', () => {
  const keeper = kept()
  keeper.triggered('doorbell', armed)
  expect(records).toMatchObject([{ outcome: 'pending', triggers: 1, told: ['hub', 'phone'] }])
  pass(8000)
  keeper.granted(hub, media)
  expect(records[2]).toMatchObject({ outcome: 'pending', recordings: [{ controllerId: 'hub' }] })
})

test('a camera that was armed meanwhile might have been asked', () => {
  const keeper = kept()
  keeper.triggered('motion', { source: 'key', readiness: 'recording-off', told: ['hub'] })
  keeper.triggered('motion', armed)
  keeper.triggered('motion', { source: 'key', readiness: 'recording-off', told: ['hub'] })
  pass(8000)
  expect(records[1]).toMatchObject({ readiness: 'armed', outcome: 'never-opened' })
})

test('a hub that asks a camera that is not ready hears and leaves the reason', () => {
  virtualTime()
  const keeper = new EventKeeper({
    camera: 'Porch',
    lastId: 0,
    now: () => performance.now(),
    readiness: () => 'recording-off',
    changed: one => records.push(one),
  })
  keeper.refused(hub, 'notAllowed')
  pass(8000)
  expect(records[1]).toMatchObject({ readiness: 'recording-off', outcome: 'recording-off' })
})

test('a hello that comes after its event is not put into the next one', () => {
  const keeper = kept()
  const [late, inTime] = [{}, {}]
  keeper.triggered('motion', armed)
  keeper.setUp(late, 'hub')
  pass(8000)
  keeper.triggered('motion', armed)
  keeper.setUp(inTime, 'hub')
  pass(10)
  keeper.hello(late)
  keeper.hello(inTime)
  pass(10)
  keeper.hello(inTime)
  pass(8000)
  expect(records[1]?.setUps).toEqual([{ controllerId: 'hub', afterMs: 0 }])
  expect(records[3]?.setUps).toEqual([{ controllerId: 'hub', afterMs: 0, helloAfterMs: 10 }])
})

test('is not over while somebody records, however often others were refused', () => {
  const keeper = kept()
  keeper.triggered('motion', armed)
  for (let i = 0; i < 100; i++) keeper.refused(hub, 'busy')
  const account = keeper.granted(hub, media)
  account.fragmentSent(1, some)
  pass(60_000)
  keeper.refused(hub, 'busy')
  expect(records).toHaveLength(1)
  account.ended('hub', 'normal')
  expect(records[1]).toMatchObject({ outcome: 'recorded', leftOut: 38 })
  expect(records[1]?.recordings).toHaveLength(64)
})

test.each([
  ['\u001b[2J\n', '\uFFFD[2J\uFFFD'],
  ['a\uD83D', 'a\uFFFD'],
  ['😀'.repeat(128), '😀'.repeat(128)],
  [`a${'😀'.repeat(128)}`, `a${'😀'.repeat(127)}…`],
  ['😀'.repeat(129), `${'😀'.repeat(127)}\uFFFD…`],
])('leaves nothing in a text that a terminal obeys, or that is no text: %j', (text, kind) => {
  const keeper = kept()
  keeper.triggered('motion', { ...armed, source: text })
  expect(keeper.current?.trigger.source).toBe(kind)
})

test('is bounded, whatever it is told', () => {
  const keeper = kept()
  const long = 'x'.repeat(100_000)
  keeper.triggered('motion', { source: long, readiness: 'armed', told: [long] })
  for (let i = 0; i < 1000; i++) {
    keeper.refused({ controllerId: `${i}${long}`, address: long }, long)
    keeper.setUp({}, `${i}${long}`)
    keeper.sourceFailed(`${i}${long}`)
    keeper.triggered('motion', { ...armed, told: [`${i}${long}`] })
  }
  expect(JSON.stringify(keeper.current).length).toBeLessThan(128 * 1024)
})
