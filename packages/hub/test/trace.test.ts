import { closeSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { nodeProvider } from '@hksv/crypto/node'
import { characteristics, setupEndpointsRequest } from '@hksv/hap'
import {
  AccessoryClient,
  type ConnectOptions,
  characteristicOf,
  HapConnection,
  type RemoteCharacteristic,
  Trace,
  type TraceEntry,
  TraceFile,
  verify,
  watch,
} from '@hksv/hub'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { iidOf } from './support/camera-database.ts'
import { connect } from './support/connect.ts'
import { generousCamera } from './support/generous-camera.ts'
import { hurry } from './support/hurry.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'
import { json, TestAccessory } from './support/test-accessory.ts'

type EntryOf<Type extends TraceEntry['type']> = Extract<TraceEntry, { type: Type }>

function of<Type extends TraceEntry['type']>(entries: readonly TraceEntry[], type: Type) {
  return entries.filter((entry): entry is EntryOf<Type> => entry.type === type)
}

/** Every way in which bytes may stand in a text. */
function spellings(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes)
  // In base64 they may begin anywhere among others: what is between three bytes is the same.
  const base64 = [0, 1, 2].map(skip =>
    buffer
      .subarray(skip, buffer.length - ((buffer.length - skip) % 3))
      .toString('base64')
      .replaceAll('=', ''),
  )
  return [buffer.toString('hex'), buffer.toString('hex').toUpperCase(), ...base64]
}

/** Remembers all that was random: of keys there is nothing else. */
function spyOnRandom(): Uint8Array[] {
  const drawn: Uint8Array[] = []
  const { random } = nodeProvider
  vi.spyOn(nodeProvider, 'random').mockImplementation(length => {
    const bytes = random(length)
    if (length >= 16) drawn.push(bytes.slice())
    return bytes
  })
  onTestFinished(() => {
    vi.restoreAllMocks()
  })
  return drawn
}

describe('a trace of a recording', () => {
  it('has what was said, in order, and where', async () => {
    const entries: TraceEntry[] = []
    const { camera } = await generousCamera({ trace: entry => entries.push(entry) })
    await camera.arm()
    await camera.record({ durationMs: 4000 })
    expect(entries[0]).toMatchObject({ type: 'trace', version: 1 })
    const times = entries.flatMap(entry => ('ms' in entry ? [entry.ms] : []))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    const paths = of(entries, 'http').flatMap(({ method, path }) => (method ? [path] : []))
    expect(paths.slice(0, 6)).toEqual([
      ...['/pair-setup', '/pair-setup', '/pair-setup'],
      ...['/pair-verify', '/pair-verify', '/pair-verify'],
    ])
    expect(paths).toContain('/accessories')
    const verbs = of(entries, 'hds').map(({ from }) => from)
    expect(verbs.slice(0, 4)).toEqual(['controller', 'accessory', 'controller', 'accessory'])
    const opened = of(entries, 'opened').map(({ on }) => on)
    expect(opened).toEqual(['hap-1', 'hap-2', 'hap-3', 'hds-4'])
    expect(of(entries, 'closed').map(({ on }) => on)).toEqual(['hap-1', 'hap-2', 'hds-4'])
    const media = of(entries, 'hds').find(({ length }) => length > 2048)
    expect(media).toMatchObject({ omitted: ['data'], message: { packets: [{}] } })
    expect(JSON.stringify(media).length).toBeLessThan(1000)
  })

  it('has no secret in it, in whatever form', async () => {
    const drawn = spyOnRandom()
    const entries: TraceEntry[] = []
    const { accessory, camera } = await generousCamera({
      crypto: nodeProvider,
      trace: entry => entries.push(entry),
    })
    await camera.arm()
    await camera.record({ durationMs: 4000 })
    const text = JSON.stringify(entries)
    const { longTermKey } = accessory.identity
    const secrets = [...drawn, longTermKey.publicKey, camera.client.sharedSecret]
    expect(secrets.length).toBeGreaterThan(10)
    for (const secret of secrets) {
      for (const spelling of spellings(secret)) expect(text).not.toContain(spelling)
    }
    for (const code of ['031-45-154', '03145154']) expect(text).not.toContain(code)
    const left = of(entries, 'http').flatMap(({ omitted = [] }) => omitted)
    expect(left.some(each => each.startsWith('publicKey'))).toBe(true)
    expect(left.some(each => each.includes('key salt (type 3, 32 bytes)'))).toBe(true)
  })
})

describe('a value that holds keys', () => {
  const sealing = () => ({
    cryptoSuite: 0,
    masterKey: nodeProvider.random(16),
    masterSalt: nodeProvider.random(14),
  })
  const controllerAddress = { version: 0, address: '192.0.2.1', videoPort: 5000, audioPort: 5001 }

  async function traced(options: Partial<ConnectOptions> = {}) {
    const accessory = await TestAccessory.start()
    const service = accessory.services[0]
    service?.characteristics.push({
      iid: 900,
      type: characteristics.setupEndpoints.type,
      format: 'tlv8',
      perms: ['pr', 'pw'],
      value: '',
    })
    const paired = await accessory.pairedStore()
    const entries: TraceEntry[] = []
    const trace = new Trace(entry => entries.push(entry))
    const client = await AccessoryClient.connect({ ...paired, trace, ...options })
    const endpoints = client.database.find(1, 900)
    return { accessory, paired, entries, client, endpoints }
  }

  it('is written down without them, when it is written and when it is read', async () => {
    const { entries, client, endpoints } = await traced()
    const request = {
      sessionId: nodeProvider.random(16),
      controllerAddress,
      videoSealing: sealing(),
      audioSealing: sealing(),
    }
    const value = Buffer.from(setupEndpointsRequest.encode(request)).toString('base64')
    await client.write(endpoints as RemoteCharacteristic, value)
    await client.read([endpoints as RemoteCharacteristic])
    const again = await AccessoryClient.reconnect(client)
    const text = JSON.stringify(entries)
    const { videoSealing, audioSealing, sessionId } = request
    for (const { masterKey, masterSalt } of [videoSealing, audioSealing]) {
      for (const secret of [masterKey, masterSalt]) {
        for (const spelling of spellings(secret)) expect(text).not.toContain(spelling)
      }
    }
    // Written, read, and in the database of the second connection.
    const kept = text.match(/"value":"AR[A-D][^"]+"/g) ?? []
    expect(kept).toHaveLength(3)
    for (const each of kept) {
      const bytes = Buffer.from(each.slice(9, -1), 'base64')
      expect(bytes.includes(Buffer.from(sessionId))).toBe(true)
      expect(bytes.toString('latin1')).toContain('192.0.2.1')
    }
    expect(text.match(/SRTP key and salt of the video/g)).toHaveLength(3)
    again.close()
  })

  it('is left out when it cannot be read, and when nothing is known of it', async () => {
    const { accessory, paired, entries, client, endpoints } = await traced()
    const secret = Buffer.from('a secret that is no TLV8 at all').toString('base64')
    await client.write(endpoints as RemoteCharacteristic, secret)
    expect(JSON.stringify(entries)).not.toContain(secret)
    expect(JSON.stringify(entries)).toContain('it cannot be read')
    const others: TraceEntry[] = []
    const trace = new Trace(entry => others.push(entry))
    const stranger = await AccessoryClient.connect({ ...paired, trace })
    accessory.intervene = ({ path }) =>
      path.includes('900')
        ? json(200, { characteristics: [{ aid: 2, iid: 7, value: secret }] })
        : undefined
    await stranger.read([endpoints as RemoteCharacteristic])
    expect(JSON.stringify(others)).not.toContain(secret)
    expect(JSON.stringify(others)).toContain('nothing is known')
  })

  it.each(['by a database that was read before', 'from another connection'])(
    'is known %s',
    async how => {
      const { paired, client } = await traced()
      const entries: TraceEntry[] = []
      const trace = new Trace(entry => entries.push(entry))
      const { accessory, database, address } = client
      const isFirst = how === 'from another connection'
      await AccessoryClient.connect({ ...paired, trace, ...(isFirst ? {} : { database }) })
      const { identity } = paired.store
      const connection = await HapConnection.open(nodeProvider, address, undefined, trace)
      await verify({ crypto: nodeProvider, connection, identity, accessory })
      const recording = database.service('cameraEventRecordingManagement')
      const { iid } = characteristicOf(recording, 'supportedCameraRecordingConfiguration')
      const { body } = await connection.request('GET', `/characteristics?id=1.${iid}`)
      const [{ value }] = JSON.parse(Buffer.from(body).toString()).characteristics
      expect(value.length).toBeGreaterThan(8)
      expect(of(entries, 'http').at(-1)?.json).toMatchObject({ characteristics: [{ value }] })
    },
  )
})

describe('what is written down besides', () => {
  it('is an event, an error and what cannot be read', async () => {
    const entries: TraceEntry[] = []
    const trace = new Trace(entry => entries.push(entry))
    const { accessory, paired } = await connect()
    const client = await AccessoryClient.connect({ ...paired, trace })
    const motion = iidOf(accessory.services, 60, 'motionDetected')
    const characteristic = client.database.find(1, motion) as RemoteCharacteristic
    await client.subscribe(characteristic)
    const events = client.events()
    accessory.change(motion, true)
    await events.next()
    const event = of(entries, 'http').find(({ message }) => message === 'event')
    expect(event?.json).toEqual({ characteristics: [{ aid: 1, iid: motion, value: true }] })
    const jpeg = await client.snapshot({ width: 640, height: 360 })
    const picture = of(entries, 'http').at(-1)
    expect(picture).toMatchObject({ length: jpeg.length, omitted: ['body (image/jpeg)'] })
    accessory.intervene = () => ({ status: 400, type: 'text/html', body: Buffer.from('<p>secret') })
    await client.read([characteristic]).catch(() => undefined)
    expect(JSON.stringify(of(entries, 'http').at(-1))).not.toContain('secret')
    accessory.sessions.at(-1)?.socket.write('no record at all, but longer than one')
    await new Promise(resolve => client.signal.addEventListener('abort', resolve))
    expect(of(entries, 'broken')).toHaveLength(1)
    expect(of(entries, 'closed')).toHaveLength(1)
  })

  it('is every connection of a watch', async () => {
    const accessory = await TestAccessory.start()
    const entries: TraceEntry[] = []
    const trace = new Trace(entry => entries.push(entry))
    const events = watch({ ...(await accessory.pairedStore()), trace })
    for await (const { type } of events) {
      const [first] = accessory.sessions
      if (type === 'connected' && accessory.sessions.length === 1) first?.socket.destroy()
      else if (type === 'connected') break
    }
    expect(of(entries, 'opened').map(({ on }) => on)).toEqual(['hap-1', 'hap-2'])
    expect(of(entries, 'closed').map(({ on }) => on)).toEqual(['hap-1', 'hap-2'])
    expect(of(entries, 'http').filter(({ path }) => path === '/accessories')).toHaveLength(4)
  })

  it('is what faults do', async () => {
    const entries: TraceEntry[] = []
    const { camera } = await generousCamera({ trace: entry => entries.push(entry) })
    // This camera does not mind.
    await hurry(camera.inject('long-frame')).catch(() => undefined)
    expect(of(entries, 'broken')).toMatchObject([{ reason: expect.stringMatching(/^controller/) }])
  })
})

describe('a trace in a file', () => {
  it('is for its owner only, and replaces nothing', () => {
    const path = join(temporaryDirectory(), 'porch.trace')
    const file = TraceFile.create(path)
    file.close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ type: 'trace', version: 1 })
    expect(() => TraceFile.create(path)).toThrow(
      expect.objectContaining({ code: 'HUB_TRACE_UNWRITABLE' }),
    )
  })

  it('says once when it breaks off', () => {
    const path = join(temporaryDirectory(), 'porch.trace')
    const failures: unknown[] = []
    const { trace } = TraceFile.create(path, { onFailure: error => failures.push(error.message) })
    // As when the disk is gone.
    const open = readdirSync('/proc/self/fd')
    const file = open.find(name => linkOf(`/proc/self/fd/${name}`) === path)
    closeSync(Number(file))
    trace.hap({ host: '192.0.2.1', port: 1 }).broken('nothing')
    expect(failures).toEqual([expect.stringContaining(`The trace ${path} cannot be written`)])
  })
})

/** Where a link leads, if it is still there. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
