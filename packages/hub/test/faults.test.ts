import { dataSendReason, encodeSetupResponse } from '@hksv/hds'
import { faultNamed, faults, startHub } from '@hksv/hub/testing'
import { describe, expect, it } from 'vitest'

import { iidOf } from './support/camera-database.ts'
import { generousCamera } from './support/generous-camera.ts'
import { hurry } from './support/hurry.ts'
import type { TestAccessory } from './support/test-accessory.ts'
import { json } from './support/test-accessory.ts'

/** What a camera that does not care answers to a setup. */
function takesAnySetup(accessory: TestAccessory): void {
  const response = { status: 'success', port: 1, accessoryKeySalt: new Uint8Array(32) } as const
  const value = Buffer.from(encodeSetupResponse(response)).toString('base64')
  accessory.intervene = ({ method, body }) => {
    if (method !== 'PUT' || !body.includes('"r":true')) return undefined
    const { characteristics } = JSON.parse(body.toString())
    const { aid, iid } = characteristics[0]
    return json(207, { characteristics: [{ aid, iid, status: 0, value }] })
  }
}

describe('a camera that is not healthy is found out', () => {
  const cases: [string, (accessory: TestAccessory) => void, RegExp][] = [
    ['short-salt', takesAnySetup, /came: it took it/],
    ['no-hello', () => undefined, /the data stream is open after 15 s/],
    ['lost-hap', () => undefined, /the data stream is open after 5 s/],
    ['camera-off', () => undefined, /did not answer in 5 s/],
    ['pairing-removed', () => undefined, /the data stream is open after 5 s/],
    [
      'wrong-target',
      ({ recorder }) => {
        recorder.onRequested = stream => stream.refuse(dataSendReason.notAllowed)
      },
      /granted the next|the next with status 6, 1/,
    ],
    [
      'second-open',
      ({ recorder }) => {
        recorder.onRequested = stream => stream.refuse(dataSendReason.busy)
      },
      /refused to record \(status 6, 2\).*afterwards it does not serve a clean hub/,
    ],
    [
      'stray-close',
      ({ recorder }) => {
        const { onRequested } = recorder
        recorder.onRequested = stream => {
          if (recorder.streams.length > 1) stream.refuse(dataSendReason.busy)
          else onRequested(stream)
        }
      },
      /afterwards it does not serve a clean hub: .*another hub is recording/,
    ],
  ]
  it.each(cases)('by %s', async (name, spoil, came) => {
    const { accessory, camera } = await generousCamera()
    spoil(accessory)
    const injected = hurry(camera.inject(name))
    await expect(injected).rejects.toMatchObject({
      code: 'HUB_UNEXPECTED',
      message: expect.stringMatching(came),
    })
    await expect(injected).rejects.toThrow(`when a hub ${faultNamed(name).does}; came: `)
  })
})

it('switches on again what it switched off', async () => {
  const { accessory, camera } = await generousCamera()
  const active = iidOf(accessory.services, 70, 'homeKitCameraActive')
  await hurry(camera.inject('camera-off')).catch(() => undefined)
  expect(accessory.characteristic(active).value).toBe(1)
})

it('knows its faults by name, and ends with its signal', async () => {
  const { camera } = await generousCamera()
  await expect(camera.inject('rudeness')).rejects.toThrow(/no fault "rudeness".*counter/)
  const signal = AbortSignal.abort(new Error('enough'))
  for (const fault of faults)
    await expect(camera.inject(fault, { signal })).rejects.toThrow('enough')
  await using hub = await startHub()
  expect(hub.signal.aborted).toBe(false)
})
