import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { mqttSensor } from '@hksv/media'
import { connectAsync } from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'

const mosquitto = '/usr/sbin/mosquitto'
const hasBroker = spawnSync(mosquitto, ['-h']).error === undefined
if (!hasBroker && process.env['CI'] === 'true') throw new Error('mosquitto is missing in CI')

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** A broker that knows one user. */
async function broker(): Promise<{ port: number; process: ChildProcess }> {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-mqtt-'))
  const port = await freePort()
  const passwords = join(directory, 'passwords')
  execFileSync('mosquitto_passwd', ['-b', '-c', passwords, 'porch', 'se cret'])
  const file = join(directory, 'mosquitto.conf')
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous false',
    `password_file ${passwords}`,
  ]
  // Started by root it would become another user, who may not read the passwords.
  writeFileSync(file, [...lines, 'user root', ''].join('\n'))
  const child = spawn(mosquitto, ['-c', file], { stdio: 'ignore' })
  onTestFinished(() => {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })
  await expect.poll(() => isListening(port), { timeout: 10_000 }).toBe(true)
  return { port, process: child }
}

function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(true))
    socket.on('connect', () => socket.destroy())
    socket.on('error', () => resolve(false))
  })
}

async function publisher(port: number) {
  const options = { username: 'porch', password: 'se cret' }
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, options)
  onTestFinished(() => client.endAsync(true))
  return client
}

/** Watches, and counts what is seen. */
function watching(address: string) {
  const seen: number[] = []
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const sensor = mqttSensor(address)
  const ended = sensor
    .watch(() => void seen.push(seen.length), stop.signal)
    .then(
      () => 'stopped',
      (error: unknown) => error,
    )
  return { seen, stop, ended, sensor }
}

describe.runIf(hasBroker)('a real broker', () => {
  test('tells of motion in every form, to whom the topic and the member matter', async () => {
    const { port } = await broker()
    const client = await publisher(port)
    const at = `mqtt://porch:se%20cret@127.0.0.1:${port}`
    const plain = watching(`${at}/frigate/porch/motion`)
    const nested = watching(`${at}/zigbee2mqtt/+?path=state.occupancy`)
    const own = watching(`${at}/alarm?on=Alarm`)
    // Retained: whoever subscribes later hears of it too.
    const retain = { retain: true }
    await client.publishAsync('frigate/porch/motion', 'ON', retain)
    await client.publishAsync('zigbee2mqtt/Hall', '{"state":{"occupancy":true}}', retain)
    await client.publishAsync('alarm', 'alarm', retain)
    await expect.poll(() => [plain, nested, own].map(({ seen }) => seen.length)).toEqual([1, 1, 1])
    const nothing = ['OFF', 'off', '', '{', 'null', '{"state":null}', 'x'.repeat(70_000), '[]']
    for (const payload of nothing) {
      for (const topic of ['frigate/porch/motion', 'zigbee2mqtt/Hall', 'alarm']) {
        await client.publishAsync(topic, payload)
      }
    }
    await client.publishAsync('frigate/porch/motion', 'true')
    await client.publishAsync('alarm', 'ALARM')
    await expect.poll(() => [plain, nested, own].map(({ seen }) => seen.length)).toEqual([2, 1, 2])
    for (const each of [plain, nested, own]) each.stop.abort()
    expect(await Promise.all([plain.ended, nested.ended, own.ended])).toEqual(
      Array(3).fill('stopped'),
    )
  })

  test('says that the password is wrong, and not what it is', async () => {
    const { port } = await broker()
    await publisher(port)
    const { ended, sensor } = watching(`mqtt://porch:wr0ng@127.0.0.1:${port}/motion`)
    const error = await ended
    expect(error).toMatchObject({ code: 'MEDIA_MQTT' })
    expect(String(error)).toMatch(/Not authorized.*check its address, user and password/)
    expect(`${String(error)}${sensor.name}`).not.toContain('wr0ng')
  })

  test('that goes away ends the watch with an error', async () => {
    const { port, process: child } = await broker()
    const client = await publisher(port)
    const { ended, seen } = watching(`mqtt://porch:se%20cret@127.0.0.1:${port}/motion`)
    await client.publishAsync('motion', 'ON', { retain: true })
    await expect.poll(() => seen.length).toBe(1)
    child.kill('SIGKILL')
    expect(await ended).toMatchObject({ code: 'MEDIA_MQTT' })
  })
})

test('nobody there is an error, and a stop before is none', async () => {
  const port = await freePort()
  expect(await watching(`mqtt://127.0.0.1:${port}/motion`).ended).toMatchObject({
    code: 'MEDIA_MQTT',
    message: expect.stringContaining('ECONNREFUSED'),
  })
  const { stop, ended } = watching(`mqtt://127.0.0.1:${port}/motion`)
  stop.abort()
  expect(await ended).toBe('stopped')
})

test.each([
  'mqtt',
  'http://host/topic',
  'mqtt://host',
  'mqtt://host/',
  'mqtt:///topic',
  'mqtt://host/%ff',
])('%s is no address', address => {
  expect(() => mqttSensor(address)).toThrow(
    expect.objectContaining({ code: 'MEDIA_MOTION_ADDRESS' }),
  )
})

test('is named without its user', () => {
  expect(mqttSensor('mqtt://user:secret@broker:1884/a/b?path=c').name).toBe(
    'mqtt://broker:1884/a/b',
  )
})
