import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { AccessoryClient, isHubError, profiles } from '@hksv/hub'
import { startHub, type TestHubOptions } from '@hksv/hub/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

import { iidOf } from './support/camera-database.ts'
import { recordingOf } from './support/media.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'
import { deviceId, setupCode, TestAccessory } from './support/test-accessory.ts'

const media = recordingOf(3)

async function met(options: TestHubOptions = {}) {
  const accessory = await TestAccessory.start()
  accessory.recorder.onRequested = stream => {
    stream.accept()
    stream.sendInit(media)
    stream.sendFragments(media.fragments)
  }
  const hub = await startHub(options)
  onTestFinished(() => hub.close())
  const camera = await hub.pair({ ...accessory.address, code: setupCode })
  const motion = iidOf(accessory.services, 60, 'motionDetected')
  return { accessory, hub, camera, motion }
}

describe('a hub for tests', () => {
  it('pairs, arms and records without a file', async () => {
    const { accessory, camera, motion } = await met()
    const selected = await camera.arm({ width: 1280, height: 720 })
    expect(selected.video.attributes).toMatchObject({ width: 1280, height: 720 })
    const clip = await camera.record({ trigger: () => accessory.change(motion, true) })
    expect(clip).toMatchObject({ isComplete: true, durationMs: 8000, findings: [] })
    expect(clip.beforeMotionMs).toBeGreaterThan(0)
    expect(clip.init).toEqual(media.init)
    expect(clip.media).toEqual(media.fragments.slice(0, 2))
    const whole = Buffer.concat([media.init, ...media.fragments.slice(0, 2)])
    expect(whole.equals(clip.mp4)).toBe(true)
    const path = join(temporaryDirectory(), 'clip.mp4')
    await clip.save(path)
    expect(readFileSync(path).equals(whole)).toBe(true)
  })

  it('records now when nothing is to trigger it', async () => {
    const { camera } = await met()
    expect(await camera.record({ durationMs: 1 })).toMatchObject({ durationMs: 4000 })
  })

  it('leaves a camera free when it is closed, and knows nothing any more', async () => {
    const { accessory, hub, camera } = await met()
    expect(accessory.pairings).toHaveLength(1)
    await hub.close()
    expect(accessory.pairings).toEqual([])
    await expect(camera.snapshot()).rejects.toMatchObject({ code: 'HUB_CONNECTION_LOST' })
    await expect(hub.connect()).rejects.toMatchObject({ code: 'HUB_NOT_PAIRED' })
    await hub.close()
  })

  it('does not wait for a camera that is gone', async () => {
    const { accessory, hub, camera } = await met()
    accessory.close()
    await new Promise(resolve => camera.client.signal.addEventListener('abort', resolve))
    await hub.close()
    expect(hub.signal.aborted).toBe(true)
  })

  it('keeps what it is in a directory, if it is given one', async () => {
    const directory = join(temporaryDirectory(), 'hub')
    const { accessory, hub } = await met({ directory })
    await hub.close()
    expect(existsSync(join(directory, 'controller.json'))).toBe(true)
    expect(accessory.pairings).toHaveLength(1)
    await using again = await startHub({ directory })
    const camera = await again.connect(deviceId.toLowerCase())
    expect(camera.accessory.deviceId).toBe(deviceId)
    await expect(again.connect('11:22:33:44:55:66')).rejects.toThrow('not paired with 11:22')
  })

  it('is ended by its signal, and whatever it does', async () => {
    const stop = new AbortController()
    const { camera } = await met({ signal: stop.signal })
    const recorded = camera.record({ trigger: () => stop.abort(new Error('enough')) })
    await expect(recorded).rejects.toThrow('enough')
    await expect(startHub({ signal: stop.signal })).rejects.toThrow('enough')
    expect(camera.client.signal.aborted).toBe(true)
  })

  it('knows its profiles by name', async () => {
    const wrong = 'lazy' as keyof typeof profiles
    await expect(startHub({ profile: wrong })).rejects.toThrow(/no profile "lazy".*slow-reader/)
    expect(Object.entries(profiles).every(([name, profile]) => name === profile.name)).toBe(true)
  })
})

describe('what fails says what was expected', () => {
  it('when there is no motion', async () => {
    const { camera } = await met()
    const recorded = camera.record({ trigger: () => undefined, timeoutMs: 1 })
    await expect(recorded).rejects.toMatchObject({
      code: 'HUB_UNEXPECTED',
      message: expect.stringMatching(/^Expected motionDetected true within 1 ms/),
    })
  })

  it('when the trigger fails', async () => {
    const { camera } = await met()
    const broken = async () => {
      throw new Error('no such detector')
    }
    await expect(camera.record({ trigger: broken })).rejects.toThrow('no such detector')
  })

  it('when a recording breaks off', async () => {
    const { accessory, camera } = await met()
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
      stream.sendFragments(media.fragments.slice(0, 1))
      stream.end('unexpectedFailure')
    }
    await expect(camera.record()).rejects.toMatchObject({
      code: 'HUB_UNEXPECTED',
      message: expect.stringMatching(
        /^Expected a clip of 8000 ms; came: it broke off \(camera: \w+\) after 1 fragments, 4000 ms, \d+ bytes\.$/,
      ),
    })
  })

  it('when a value does not come', async () => {
    const { accessory, camera, motion } = await met()
    const seen = camera.waitFor('motionDetected', true, {
      trigger: () => accessory.change(motion, true),
    })
    await expect(seen).resolves.toBeUndefined()
    await camera.waitFor('motionDetected', true)
    const other = camera.waitFor('homeKitCameraActive', 5, { timeoutMs: 1 })
    await expect(other).rejects.toThrow(/^Expected homeKitCameraActive 5 in 1 ms; came: [01]\.$/)
    await expect(camera.waitFor('programmableSwitchEvent', 0)).rejects.toSatisfy(isHubError)
  })

  it('and a step is given up when its signal aborts', async () => {
    const { accessory, camera } = await met()
    accessory.intervene = () => 'silence'
    const stop = new AbortController()
    const armed = camera.arm({ signal: stop.signal })
    stop.abort(new Error('given up'))
    await expect(armed).rejects.toThrow('given up')
  })
})

it('what it does not do itself its client does', async () => {
  const { camera } = await met()
  expect(camera.client).toBeInstanceOf(AccessoryClient)
  await camera.disarm()
  expect([...(await camera.snapshot()).subarray(0, 2)]).toEqual([0xff, 0xd8])
  await camera.unpair()
})
