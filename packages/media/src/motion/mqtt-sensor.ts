import type { MqttClient } from 'mqtt'

import { MediaError } from '../errors.ts'
import type { MotionSensor } from './motion-sensor.ts'

const CONNECT_MS = 10_000
/** While the last message says that something moves, it is said again this often. */
const REPEAT_MS = 5000
/** State messages are some hundred bytes. */
const MAX_PAYLOAD = 64 * 1024
/** What brokers' clients write for yes, in lower case. */
const YES: readonly string[] = ['on', 'true', '1', 'yes', 'motion']

/** What an address says. */
interface Address {
  /** For people and records: without user and password. */
  readonly name: string
  readonly broker: string
  readonly username: string
  readonly password: string
  readonly topic: string
  /** Members of JSON objects, from the outside in; the whole payload without any. */
  readonly path: readonly string[]
  /** What means motion, in lower case. */
  readonly yes: readonly string[]
}

/**
 * Takes motion from an MQTT broker, as Frigate and Zigbee2MQTT publish it. Needs the package `mqtt`.
 *
 * @param address - `mqtt://[USER:PASSWORD@]HOST[:PORT]/TOPIC`, or `mqtts:`. The topic may have `+`, and
 * `%23` for `#`. `?path=a.b` is the member of a JSON payload that counts, `?on=VALUE` what means
 * motion; `ON`, `true`, `1`, `yes` and `motion` do unless given. Anything else means that it is over.
 * @throws MediaError MEDIA_MOTION_ADDRESS
 * @example
 * mqttSensor('mqtt://10.0.0.5/frigate/porch/motion')
 * mqttSensor('mqtt://user:secret@broker/zigbee2mqtt/Hall?path=occupancy')
 */
export function mqttSensor(address: string): MotionSensor {
  const parsed = parseAddress(address)
  return { name: parsed.name, watch: (seen, signal) => watch(parsed, seen, signal) }
}

function parseAddress(address: string): Address {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isMqtt = url?.protocol === 'mqtt:' || url?.protocol === 'mqtts:'
  if (url === undefined || !isMqtt) throw new MediaError('MEDIA_MOTION_ADDRESS')
  const { protocol, host, hostname, searchParams } = url
  const name = `${protocol}//${host}${url.pathname}`
  try {
    const topic = decodeURIComponent(url.pathname.slice(1))
    if (hostname === '' || topic === '') throw new MediaError('MEDIA_MOTION_ADDRESS')
    const on = searchParams.getAll('on').map(value => value.toLowerCase())
    return {
      name,
      broker: `${protocol}//${host}`,
      username: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      topic,
      path: searchParams.get('path')?.split('.') ?? [],
      yes: on.length > 0 ? on : YES,
    }
  } catch (cause) {
    throw new MediaError('MEDIA_MOTION_ADDRESS', { source: name, cause })
  }
}

async function watch(address: Address, seen: () => void, signal: AbortSignal): Promise<void> {
  const client = await open(address, signal)
  if (client === undefined) return
  let repeat: NodeJS.Timeout | undefined
  try {
    client.on('message', (_topic, payload) => {
      clearInterval(repeat)
      if (!meansMotion(payload, address)) return
      seen()
      repeat = setInterval(seen, REPEAT_MS)
    })
    await new Promise<void>((resolve, reject) => {
      const fail = (cause?: Error) => reject(failed(address, cause))
      signal.addEventListener('abort', () => resolve(), { once: true })
      client.on('error', fail)
      client.on('close', () => fail())
      client.subscribe(address.topic, (error, granted) => {
        const isRefused = granted?.some(({ qos }) => qos > 2) ?? false
        if (error) fail(error)
        else if (isRefused) fail(new Error(`${address.topic} is refused`))
      })
    })
  } finally {
    clearInterval(repeat)
    client.end(true)
  }
}

/** @returns Nothing when `signal` aborts before. */
async function open(address: Address, signal: AbortSignal): Promise<MqttClient | undefined> {
  const mqtt = await import('mqtt').catch((cause: unknown) => {
    const detail = 'the package is missing: npm install mqtt'
    throw new MediaError('MEDIA_MQTT', { source: address.name, detail, cause })
  })
  if (signal.aborted) return undefined
  const { broker, username, password } = address
  const client = mqtt.connect(broker, {
    ...(username === '' ? {} : { username, password }),
    connectTimeout: CONNECT_MS,
    // Whoever watches tries again, later and later.
    reconnectPeriod: 0,
  })
  const connected = new Promise<MqttClient | undefined>((resolve, reject) => {
    client.once('connect', () => resolve(client))
    client.on('error', cause => reject(failed(address, cause)))
    client.on('close', () => reject(failed(address, undefined)))
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  try {
    const opened = await connected
    if (opened === undefined) client.end(true)
    return opened
  } catch (error) {
    client.end(true)
    throw error
  }
}

function failed({ name }: Address, cause: Error | undefined): MediaError {
  const detail =
    cause?.message === undefined || cause.message === '' ? {} : { detail: cause.message }
  return new MediaError('MEDIA_MQTT', { source: name, ...detail, cause })
}

function meansMotion(payload: Uint8Array, { path, yes }: Address): boolean {
  if (payload.length > MAX_PAYLOAD) return false
  const text = Buffer.from(payload).toString('utf8').trim()
  const value = path.length === 0 ? text : member(text, path)
  return yes.includes(String(value).toLowerCase())
}

/** @returns What stands at `path` in the JSON `text`, if there is anything. */
function member(text: string, path: readonly string[]): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Another kind of message on the same topic.
    return undefined
  }
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = Reflect.get(value, name)
  }
  return value
}
