import { dataSendReason, hdsStatus } from '@hksv/hds'
import { describe, expect, test } from 'vitest'

import type { HapClient } from './client.ts'
import { armed, hubOf } from './support/armed.ts'
import { setUpDataStream } from './support/hds-client.ts'
import { RawHub } from './support/raw-hub.ts'

const recording = { target: 'controller', type: 'ipcamera.recording', reason: 'record' }
const { protocolSpecificError, payloadError, missingProtocol, success } = hdsStatus
const { busy, unsupported } = dataSendReason

type Armed = Awaited<ReturnType<typeof armed>>

async function rawHub({ iid }: Armed, client: HapClient): Promise<RawHub> {
  const setup = iid('dataStreamTransportManagement', 'setupDataStreamTransport')
  return new RawHub(await setUpDataStream(client, setup))
}

/** A camera that is to record, and a hub that has said hello and knows no manners. */
async function met() {
  const made = await armed()
  made.hub.close()
  const raw = await rawHub(made, made.client)
  expect((await raw.request('control', 'hello', {})).header).toMatchObject({ status: success })
  return { ...made, raw }
}

/** Whatever another did: a hub with manners gets its recording at once. */
async function expectFree(made: Armed): Promise<void> {
  const hub = await hubOf(made, await made.admin.connect(made.port))
  await hub.open()
  expect((await hub.next('fragment')).dataType).toBe('mediaFragment')
  hub.close()
}

describe('the connection of a hub ends', () => {
  const frames: [string, (raw: RawHub) => void][] = [
    ['a frame of type 2', raw => raw.write(Uint8Array.of(2, 0, 0, 1, ...new Uint8Array(17)))],
    ['a frame of type 0', raw => raw.write(new Uint8Array(64))],
    ['an empty frame', raw => raw.write(Uint8Array.of(1, 0, 0, 0, ...new Uint8Array(16)))],
    ['a frame that is too long', raw => raw.write(Uint8Array.of(1, 0xff, 0xff, 0xff))],
    [
      'a frame with a wrong tag',
      raw => raw.write(Uint8Array.of(1, 0, 0, 3, ...new Uint8Array(19))),
    ],
    ['eight bad messages', raw => times(8, () => raw.payload(Uint8Array.of(0, 0xe0, 0xe0)))],
  ]
  test.each(frames)('with %s, also while it records', async (_name, act) => {
    const made = await met()
    expect(await made.raw.open({ ...recording, streamId: 1 })).toEqual([success, 0])
    act(made.raw)
    await made.raw.closed
    await expectFree(made)
  })

  test.each([
    ['an event', 'event'],
    ['a request', 'request'],
  ] as const)('when it begins with %s instead of hello', async (_name, kind) => {
    const made = await armed()
    const raw = await rawHub(made, made.client)
    if (kind === 'event') raw.event('dataSend', 'close', { streamId: 1, reason: 0 })
    else raw.open({ ...recording, streamId: 1 }).catch(() => undefined)
    await raw.closed
    await expectFree(made)
  })
})

describe('a recording is refused', () => {
  const opens: [string, Record<string, unknown>, [number, unknown]][] = [
    ['another target', { target: 'accessory' }, [protocolSpecificError, unsupported]],
    ['no target', { target: undefined }, [protocolSpecificError, unsupported]],
    ['a target that is no text', { target: 7 }, [protocolSpecificError, unsupported]],
    ['another type', { type: 'audio.siri' }, [protocolSpecificError, unsupported]],
    ['snapshots', { type: 'ipcamera.snapshot' }, [protocolSpecificError, unsupported]],
    ['no stream', { streamId: undefined }, [payloadError, undefined]],
    ['a stream that is no number', { streamId: 'one' }, [payloadError, undefined]],
    ['a stream below zero', { streamId: -1 }, [payloadError, undefined]],
  ]
  test.each(opens)('to %s, and the next is granted', async (_name, change, expected) => {
    const made = await met()
    // What it is made of is wrong on purpose.
    const fields = { ...recording, streamId: 1, ...change } as Parameters<RawHub['open']>[0]
    expect(await made.raw.open(fields)).toEqual(expected)
    expect(await made.raw.open({ ...recording, streamId: 2 })).toEqual([success, 0])
  })

  test.each([1, 2])('while one runs on the same connection: stream %i', async streamId => {
    const { raw } = await met()
    expect(await raw.open({ ...recording, streamId: 1 })).toEqual([success, 0])
    expect(await raw.open({ ...recording, streamId })).toEqual([protocolSpecificError, busy])
    raw.event('dataSend', 'close', { streamId: 1, reason: dataSendReason.normal })
    expect(await raw.open({ ...recording, streamId })).toEqual([success, 0])
  })

  test('but not for the words of the specification', async () => {
    const { raw } = await met()
    expect(await raw.open({ ...recording, target: 'home hub', streamId: 1 })).toEqual([success, 0])
  })
})

describe('a hub may say', () => {
  const harmless: [string, (raw: RawHub) => void][] = [
    ['data', raw => raw.event('dataSend', 'data', { streamId: 1, packets: [] })],
    ['ack before the end', raw => raw.event('dataSend', 'ack', { streamId: 1, endOfStream: true })],
    ['close of another stream', raw => raw.event('dataSend', 'close', { streamId: 9, reason: 6 })],
    ['what nobody knows', raw => raw.event('targetControl', 'whoami', { identifier: 1 })],
    ['seven bad messages', raw => times(7, () => raw.payload(Uint8Array.of(0, 0xe0, 0xe0)))],
  ]
  test.each(harmless)('%s, and its recording goes on', async (_name, act) => {
    const { raw, clock } = await met()
    await raw.open({ ...recording, streamId: 1 })
    act(raw)
    expect((await raw.request('control', 'hello', {})).header).toMatchObject({ status: success })
    expect((await raw.request('control', 'version', {})).header).toMatchObject({
      status: missingProtocol,
    })
    void clock.advance(4000)
    for (;;) {
      const { header, message } = await raw.messages.next()
      expect(header.topic).toBe('data')
      const [packet] = message.get('packets') as Map<string, unknown>[]
      const metadata = packet?.get('metadata') as Map<string, unknown>
      // Two fragments were there before; the third is recorded after all that.
      if (metadata.get('dataSequenceNumber') === 4) break
    }
  })

  test.each([
    ['no reason', {}, 'normal'],
    ['a reason that is no number', { reason: 'because' }, 'unexpectedFailure'],
    ['a reason that nobody knows', { reason: 4711 }, 'unknown 4711'],
  ])('close with %s, and the camera is free', async (_name, fields, expected) => {
    const made = await met()
    await made.raw.open({ ...recording, streamId: 1 })
    made.raw.event('dataSend', 'close', { streamId: 1, ...fields })
    expect((await made.events.next()).event).toBe('recording-opened')
    expect(await made.events.next()).toMatchObject({ reason: expected, endedBy: 'hub' })
    await expectFree(made)
  })
})

test('two hubs, ten times, one always refused and never both', async () => {
  const made = await armed()
  const second = await made.admin.connect(made.port)
  for (let round = 0; round < 10; round++) {
    const [one, other] = [await hubOf(made, made.client), await hubOf(made, second)]
    await one.open()
    expect(await other.refused()).toBe(busy)
    one.close()
    await one.closed
    await other.open()
    expect(await (await hubOf(made, made.client)).refused()).toBe(busy)
    other.close()
    await other.closed
  }
  const refused = made.camera.records.flatMap(({ recordings }) =>
    recordings.filter(each => each.refused === 'busy'),
  )
  expect(refused.length).toBeGreaterThanOrEqual(20)
})

function times(count: number, act: () => void): void {
  for (let i = 0; i < count; i++) act()
}
