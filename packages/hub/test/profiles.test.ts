import { dataSendReason } from '@hksv/hds'
import { armAs, profiles } from '@hksv/hub'
import { describe, expect, it } from 'vitest'

import { iidOf } from './support/camera-database.ts'
import { generousCamera, media } from './support/generous-camera.ts'
import { hurry } from './support/hurry.ts'
import { recordingOf } from './support/media.ts'

describe('a slow reader', () => {
  const large = recordingOf(2, { pictureLength: 100_000 })

  it('makes the camera wait, and loses nothing', async () => {
    const { accessory, camera } = await generousCamera({ profile: 'slow-reader' })
    let waiting = 0
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(large)
      stream.sendFragments(large.fragments)
      stream.socket.once('drain', () => {
        waiting = performance.now()
      })
    }
    const clip = await camera.record({ profile: { ...profiles['slow-reader'], pauseMs: 300 } })
    expect(clip.findings).toEqual([])
    // Millions of bytes one by one would take minutes.
    expect(Buffer.concat(clip.media).equals(Buffer.concat(large.fragments))).toBe(true)
    expect(waiting).toBeGreaterThan(0)
    expect(clip.times.firstFragmentMs).toBeGreaterThan(300)
  })

  it('takes three seconds, unless it is given up', async () => {
    const { camera } = await generousCamera({ profile: 'slow-reader' })
    const clip = await hurry(camera.record())
    expect(clip.durationMs).toBe(8000)
    const stop = new AbortController()
    const recorded = camera.record({ signal: stop.signal })
    stop.abort(new Error('given up'))
    await expect(recorded).rejects.toThrow('given up')
  })
})

describe('two hubs', () => {
  it('record when one is refused as busy, and leave no pairing behind', async () => {
    const { accessory, camera } = await generousCamera({ profile: 'two-hubs' })
    const { onRequested, streams } = accessory.recorder
    let isGranted = false
    accessory.recorder.onRequested = stream => {
      if (isGranted) stream.refuse(dataSendReason.busy)
      else onRequested(stream)
      isGranted = true
    }
    const clip = await camera.record()
    expect(clip.media).toEqual(media.fragments.slice(0, 2))
    expect(streams).toHaveLength(2)
    expect(accessory.pairings).toHaveLength(1)
  })

  it.each([
    ['granted both', undefined],
    ['came: The camera refused to record: it is not armed', dataSendReason.notAllowed],
  ])('find out a camera that %s', async (message, reason) => {
    const { accessory, camera } = await generousCamera({ profile: 'two-hubs' })
    const { onRequested, streams } = accessory.recorder
    accessory.recorder.onRequested = stream => {
      if (reason !== undefined && stream === streams[1]) stream.refuse(reason)
      else onRequested(stream)
    }
    await expect(camera.record()).rejects.toMatchObject({
      code: 'HUB_UNEXPECTED',
      message: expect.stringContaining(message),
    })
    expect(accessory.pairings).toHaveLength(1)
  })

  it('both see that the camera is armed', async () => {
    const { accessory, camera } = await generousCamera()
    await armAs(camera.client, profiles['two-hubs'])
    expect(accessory.pairings).toHaveLength(1)
  })
})

describe('a hub that closes early', () => {
  it('comes back, and gets all', async () => {
    const { accessory, camera } = await generousCamera({ profile: 'closes-early' })
    const clip = await camera.record()
    expect(clip.media).toEqual(media.fragments.slice(0, 2))
    const [first] = accessory.recorder.streams
    expect(await first?.hears('recording-closed')).toMatchObject({ reason: dataSendReason.normal })
  })

  it('says so when there is nothing to close', async () => {
    const { accessory, camera } = await generousCamera({ profile: 'closes-early' })
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.end('unexpectedFailure')
    }
    await expect(camera.record()).rejects.toThrow('Expected an initialization')
  })
})

describe('a hub that selects while it records', () => {
  const bitRates = (bodies: readonly { body: unknown }[], iid: number) =>
    bodies.flatMap(({ body }) => {
      const { characteristics = [] } = (body ?? {}) as {
        characteristics?: { iid: number; value?: string }[]
      }
      return characteristics.flatMap(each => (each.iid === iid ? (each.value ?? []) : []))
    })

  it('puts back what was selected before', async () => {
    const { accessory, camera } = await generousCamera({ profile: 're-selects' })
    await camera.arm()
    const selected = iidOf(accessory.services, 90, 'selectedCameraRecordingConfiguration')
    const clip = await camera.record()
    expect(clip.media).toEqual(media.fragments.slice(0, 2))
    const [first, again, other, last] = bitRates(accessory.requests, selected)
    expect(again).toBe(first)
    expect(other).not.toBe(first)
    expect(last).toBe(first)
    expect(accessory.recorder.streams).toHaveLength(2)
  })

  it('finds out a camera that ends its recording then', async () => {
    const { accessory, camera } = await generousCamera({ profile: 're-selects' })
    await camera.arm()
    accessory.recorder.onRequested = stream => {
      stream.accept()
      stream.sendInit(media)
      stream.sendFragments(media.fragments.slice(0, 1))
      stream.end('unexpectedFailure')
    }
    await expect(camera.record()).rejects.toThrow(/Expected the recording to go on while/)
  })
})

describe('a hub of the first years', () => {
  it('has its data stream before anything moves', async () => {
    const { accessory, camera } = await generousCamera({ profile: 'old-os' })
    let before = 0
    const motion = iidOf(accessory.services, 60, 'motionDetected')
    const clip = await camera.record({
      trigger() {
        before = accessory.recorder.streams.length
        accessory.change(motion, true)
      },
    })
    expect(before).toBe(1)
    expect(accessory.recorder.streams).toHaveLength(1)
    expect(clip.media).toEqual(media.fragments.slice(0, 2))
  })

  it('opens another one when the camera has closed it', async () => {
    const { accessory, camera } = await generousCamera({ profile: 'old-os' })
    const motion = iidOf(accessory.services, 60, 'motionDetected')
    const clip = await camera.record({
      async trigger() {
        const [first] = accessory.recorder.streams
        const closed = new Promise(resolve => first?.socket.once('close', resolve))
        first?.socket.end()
        await closed
        accessory.change(motion, true)
      },
    })
    expect(accessory.recorder.streams).toHaveLength(2)
    expect(clip.isComplete).toBe(true)
  })

  it('says hello when it arms', async () => {
    const { accessory, camera } = await generousCamera({ profile: 'old-os' })
    await camera.arm()
    expect(accessory.recorder.streams).toHaveLength(1)
    expect(accessory.recorder.streams[0]?.heard.map(({ type }) => type)).toContain('ready')
  })
})
