import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { dataSendReason } from '@hksv/hds'
import { type ControllerStore, keepVault, type VaultEvent, type VaultOptions } from '@hksv/hub'
import { expect, onTestFinished, test, vi } from 'vitest'

import { iidOf } from './support/camera-database.ts'
import { recordingOf } from './support/media.ts'
import type { CameraStream } from './support/recorder.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'
import { TestAccessory } from './support/test-accessory.ts'

const media = recordingOf(3)

/** A vault that runs, and what it has said. */
class RunningVault {
  readonly directory: string
  readonly events: VaultEvent[] = []
  readonly #stop = new AbortController()
  readonly #waiting: (() => void)[] = []
  readonly #kept: Promise<void>
  #taken = 0

  constructor(store: ControllerStore, options: Partial<VaultOptions> = {}) {
    this.directory = options.directory ?? temporaryDirectory()
    this.#kept = keepVault({
      store,
      directory: this.directory,
      signal: this.#stop.signal,
      ffmpeg: 'there is no such program',
      quietMs: 0,
      onEvent: event => {
        this.events.push(event)
        for (const wake of this.#waiting.splice(0)) wake()
      },
      ...options,
    })
    onTestFinished(() => this.stop())
  }

  /** The next event of this kind; those before it are passed over. */
  async next<Name extends VaultEvent['event']>(
    name: Name,
    isIt: (event: VaultEvent & { event: Name }) => boolean = () => true,
  ): Promise<VaultEvent & { event: Name }> {
    for (;;) {
      while (this.#taken < this.events.length) {
        const event = this.events[this.#taken++] as VaultEvent & { event: Name }
        if (event.event === name && isIt(event)) return event
      }
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('The test is over.'))
    await this.#kept
  }
}

interface World {
  readonly accessory: TestAccessory
  readonly store: ControllerStore
  readonly motion: number
}

async function camera(): Promise<World> {
  const accessory = await TestAccessory.start()
  const { store } = await accessory.pairedStore()
  const motion = iidOf(accessory.services, 60, 'motionDetected')
  return { accessory, store, motion }
}

function sendAll(stream: CameraStream): void {
  stream.accept()
  stream.sendInit(media)
  stream.sendFragments(media.fragments)
}

test('a camera is armed, and what moves becomes a clip with its sidecar and its picture', async () => {
  const { accessory, store, motion } = await camera()
  accessory.recorder.onRequested = stream => {
    stream.accept()
    stream.sendInit(media)
    stream.sendFragments(media.fragments.slice(0, 2))
    accessory.change(motion, false)
    void accessory
      .asked('POST', '/resource')
      .then(() => stream.sendFragments(media.fragments.slice(2)))
  }
  const vault = new RunningVault(store)
  await vault.next('armed')
  accessory.change(motion, true)
  const { path, clip } = await vault.next('recorded')
  expect(clip).toMatchObject({ isComplete: true, endedBy: 'hub', reason: 'normal', findings: [] })
  expect(clip.fragments).toBeLessThanOrEqual(3)
  const bytes = readFileSync(path)
  expect(bytes.length).toBe(clip.bytes)
  const sidecar = JSON.parse(readFileSync(path.replace('.mp4', '.json'), 'utf8'))
  expect(sidecar).toMatchObject({ format: 1, trigger: 'motion', fragments: clip.fragments })
  expect(sidecar.configuration.video.attributes).toMatchObject({ width: 1920, height: 1080 })
  await vault.next('kept')
  const names = readdirSync(vault.directory)
  expect(names.map(name => name.slice(name.indexOf('.')))).toEqual(['.jpg', '.json', '.mp4'])
  await vault.stop()
})

test('motion that goes on makes one clip after the other', async () => {
  const { accessory, store, motion } = await camera()
  accessory.recorder.onRequested = sendAll
  const vault = new RunningVault(store, { maxClipMs: 12_000 })
  await vault.next('armed')
  accessory.change(motion, true)
  for (let i = 0; i < 3; i++) {
    expect((await vault.next('recorded')).clip).toMatchObject({ fragments: 3, isComplete: true })
  }
})

test('a camera that ends its recordings itself is asked again more and more seldom', async () => {
  const { accessory, store, motion } = await camera()
  accessory.recorder.onRequested = stream => {
    stream.accept()
    stream.sendInit(media)
    stream.sendFragments(media.fragments, { endOfStream: true })
  }
  const vault = new RunningVault(store)
  await vault.next('armed')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  accessory.change(motion, true)
  for (const pauseMs of [1000, 2000, 4000]) {
    const { clip } = await vault.next('recorded')
    expect(clip).toMatchObject({ isComplete: true, endedBy: 'camera', reason: 'endOfStream' })
    await vault.next('kept')
    const before = accessory.recorder.streams.length
    await vi.advanceTimersByTimeAsync(pauseMs - 1)
    expect(accessory.recorder.streams).toHaveLength(before)
    await vi.advanceTimersByTimeAsync(1)
  }
  vi.useRealTimers()
})

test('a camera that somebody disarmed is armed again before it records', async () => {
  const { accessory, store, motion } = await camera()
  accessory.recorder.onRequested = sendAll
  const vault = new RunningVault(store, { maxClipMs: 12_000 })
  await vault.next('armed')
  const selected = iidOf(accessory.services, 90, 'selectedCameraRecordingConfiguration')
  accessory.characteristic(selected).value = ''
  accessory.change(motion, true)
  await vault.next('armed')
  expect(accessory.characteristic(selected).value).not.toBe('')
  await vault.next('recorded')
})

test('a camera that hangs up leaves a clip up to there, and is recorded anew when it is back', async () => {
  const { accessory, store, motion } = await camera()
  accessory.recorder.onRequested = stream => {
    stream.accept()
    stream.sendInit(media)
    stream.sendFragments(media.fragments.slice(0, 1))
  }
  const vault = new RunningVault(store, { maxClipMs: 12_000 })
  await vault.next('armed')
  accessory.change(motion, true)
  const { path } = await vault.next('recording')
  const part = path.replace('.mp4', '.part.mp4')
  const length = media.init.length + (media.fragments[0]?.length ?? 0)
  await expect.poll(() => statSync(part).size).toBe(length)
  for (const { socket } of accessory.sessions.splice(0)) socket.destroy()
  const { clip } = await vault.next('recorded')
  expect(clip).toMatchObject({ isComplete: false, endedBy: 'connection' })
  accessory.recorder.onRequested = sendAll
  await vault.next('connected')
  expect((await vault.next('recorded')).clip).toMatchObject({ isComplete: true, fragments: 3 })
})

test('a refusal is not repeated until it moves anew', async () => {
  const { accessory, store, motion } = await camera()
  let requests = 0
  accessory.recorder.onRequested = stream => {
    requests++
    stream.refuse(dataSendReason.unexpectedFailure)
  }
  const vault = new RunningVault(store, { maxClipMs: 12_000 })
  await vault.next('armed')
  accessory.change(motion, true)
  expect((await vault.next('failed')).message).toContain('refused to record')
  expect(requests).toBe(1)
  accessory.change(motion, false)
  accessory.recorder.onRequested = sendAll
  accessory.change(motion, true)
  await vault.next('recorded')
})

test('a camera that says it is armed and refuses all the same is armed anew, once', async () => {
  const { accessory, store, motion } = await camera()
  let requests = 0
  accessory.recorder.onRequested = stream => {
    requests++
    stream.refuse(dataSendReason.invalidConfiguration)
  }
  const vault = new RunningVault(store)
  await vault.next('armed')
  accessory.change(motion, true)
  await vault.next('failed')
  await vault.next('armed')
  await vault.next('failed')
  expect(requests).toBe(2)
  accessory.change(motion, false)
  accessory.recorder.onRequested = sendAll
  accessory.change(motion, true)
  await vault.next('recording')
})

test('a directory that is gone is one sentence, and recording goes on when it is back', async () => {
  const { accessory, store, motion } = await camera()
  accessory.recorder.onRequested = sendAll
  const directory = join(temporaryDirectory(), 'clips')
  const vault = new RunningVault(store, { maxClipMs: 12_000, directory })
  await vault.next('armed')
  rmSync(directory, { recursive: true })
  accessory.change(motion, true)
  const { message } = await vault.next('failed', ({ message: text }) => text.includes('.mp4'))
  expect(message).toMatch(/Cannot write .*: there is no such directory/)
  mkdirSync(directory)
  await vault.next('recorded')
})

test('a camera that is away, and one that is none, do not stop the others', async () => {
  const { accessory, store, motion } = await camera()
  accessory.recorder.onRequested = sendAll
  const away = await TestAccessory.start({ deviceId: 'AA:BB:CC:DD:EE:01' })
  const [stored] = await store.accessories()
  if (stored === undefined) throw new Error('nothing is stored')
  await store.save({ ...stored, deviceId: 'AA:BB:CC:DD:EE:01', ...away.address })
  away.close()
  const bulb = await TestAccessory.start({ deviceId: 'AA:BB:CC:DD:EE:02' })
  bulb.services.splice(1)
  const { identifier, longTermKey } = store.identity
  bulb.pairings.push({ identifier, publicKey: longTermKey.publicKey, permissions: 1 })
  const key = Buffer.from(bulb.identity.longTermKey.publicKey).toString('hex')
  await store.save({
    ...stored,
    deviceId: 'AA:BB:CC:DD:EE:02',
    longTermPublicKey: key,
    ...bulb.address,
  })
  const vault = new RunningVault(store, { maxClipMs: 12_000 })
  await vault.next('armed')
  accessory.change(motion, true)
  await vault.next('recorded')
  const about = (id: string) =>
    vault.events.filter(each => 'deviceId' in each && each.deviceId === id)
  expect(about('AA:BB:CC:DD:EE:01')[0]).toMatchObject({ event: 'lost' })
  expect(about('AA:BB:CC:DD:EE:02').at(-1)).toMatchObject({
    event: 'dropped',
    message: expect.stringContaining('no Secure Video camera'),
  })
})

test('a vault that is stopped ends its clips in good order', async () => {
  const { accessory, store, motion } = await camera()
  accessory.recorder.onRequested = sendAll
  const vault = new RunningVault(store)
  await vault.next('armed')
  accessory.change(motion, true)
  const { path } = await vault.next('recording')
  await accessory.asked('POST', '/resource')
  await vault.stop()
  const left = readdirSync(vault.directory)
  expect(left.filter(name => name.includes('.part.'))).toEqual([])
  const recorded = vault.events.find(({ event }) => event === 'recorded')
  if (recorded === undefined) expect(left).toEqual([])
  else expect(recorded).toMatchObject({ path, clip: { isComplete: false, reason: 'cancelled' } })
})
