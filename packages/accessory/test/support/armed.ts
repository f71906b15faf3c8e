import type { CameraEvent } from '@hksv/accessory'
import {
  type SelectedCameraRecordingConfiguration,
  selectedCameraRecordingConfiguration,
} from '@hksv/hap'
import { expect } from 'vitest'

import type { HapClient, Mailbox } from '../client.ts'
import { HdsClient, setUpDataStream } from './hds-client.ts'
import { done, put, ready } from './requests.ts'

/** A configuration that every camera offers, with some of it changed. */
export function selection(
  change: (selected: SelectedCameraRecordingConfiguration) => void = () => undefined,
): string {
  const selected: SelectedCameraRecordingConfiguration = {
    general: {
      prebufferLengthMs: 4000,
      eventTriggerOptions: 1n,
      mediaContainer: { type: 0, parameters: { fragmentLengthMs: 4000 } },
    },
    video: {
      codec: 0,
      parameters: { profile: 1, level: 2, bitRateKbps: 2000, iFrameIntervalMs: 4000 },
      attributes: { width: 1920, height: 1080, frameRate: 30 },
    },
    audio: { codec: 0, parameters: { channels: 1, bitRateMode: 0, sampleRate: 3 } },
  }
  change(selected)
  return Buffer.from(selectedCameraRecordingConfiguration.encode(selected)).toString('base64')
}

type Ready = Awaited<ReturnType<typeof ready>>

/** A hub behind a connection, after hello. */
export async function hubOf({ iid }: Ready, client: HapClient): Promise<HdsClient> {
  const setup = iid('dataStreamTransportManagement', 'setupDataStreamTransport')
  const opened = new HdsClient(await setUpDataStream(client, setup))
  await opened.next('ready')
  return opened
}

/** Says what is to be recorded, and that it is. */
export async function arm(
  { client, iid }: Ready,
  options: { withAudio?: boolean; selected?: string } = {},
): Promise<void> {
  const { withAudio = false, selected = selection() } = options
  const management = 'cameraEventRecordingManagement'
  const pid = 1
  await client.json('PUT', '/prepare', { ttl: 60_000, pid })
  const entries = [
    { iid: iid(management, 'selectedCameraRecordingConfiguration'), value: selected },
    { iid: iid(management, 'recordingAudioActive'), value: Number(withAudio) },
    { iid: iid(management, 'active'), value: 1 },
  ]
  expect(await put(client, entries, { pid })).toEqual(done)
}

/** A camera that is to record, with a hub that has not asked for it yet. */
export async function armed(
  options: Parameters<typeof ready>[0] & { withAudio?: boolean; prebufferMs?: number } = {},
): Promise<Ready & { hub: HdsClient }> {
  const { withAudio = false, prebufferMs = 9000, ...rest } = options
  const made = await ready(rest)
  const { client, clock, events } = made
  await arm(made, { withAudio })
  expect((await events.next()).event).toBe('paired')
  expect((await events.next()).event).toBe('armed')
  await clock.advance(0)
  await clock.advance(prebufferMs)
  return { ...made, hub: await hubOf(made, client) }
}

/** The report of a recording, the next thing that the camera tells after its opening. */
export async function report(events: Mailbox<CameraEvent>): Promise<CameraEvent> {
  expect((await events.next()).event).toBe('recording-opened')
  return events.next()
}
