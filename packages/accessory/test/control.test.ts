import { request } from 'node:http'

import type { CameraOptions } from '@hksv/accessory'
import { describe, expect, test } from 'vitest'
import { stage } from './support/camera.ts'
import { put, ready } from './support/requests.ts'

interface Asked {
  readonly status: number | undefined
  readonly type: string | undefined
  readonly body: Buffer
  /** The body as JSON. */
  readonly json: unknown
}

/** Asks the control API; unlike `fetch`, with any Host. */
function ask(
  url: string,
  method = 'GET',
  options: { body?: string; headers?: Record<string, string> } = {},
): Promise<Asked> {
  const { body, headers = {} } = options
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, response => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const whole = Buffer.concat(parts)
        const type = response.headers['content-type']
        const json: unknown = type === 'application/json' ? JSON.parse(`${whole}`) : undefined
        resolve({ status: response.statusCode, type, body: whole, json })
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

const control = { host: '127.0.0.1', port: 0 }

async function controlled(options: Partial<CameraOptions> = {}) {
  const made = await stage({ control, ...options })
  return { ...made, url: made.camera.info.controlUrl ?? '' }
}

describe('who may ask', () => {
  test('nobody from elsewhere without a token', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', '127.0.0.1.example.com']) {
      await expect(stage({ control: { host, port: 0 } })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining('HKSV_CONTROL_TOKEN'),
      })
    }
  })

  test.each([
    [200, {}],
    [200, { Host: 'localhost:8080' }],
    [200, { Host: '127.0.0.1' }],
    [200, { Host: '[::1]:8080' }],
    [401, { Host: 'camera.example.com' }],
    [401, { Host: 'localhost.example.com:8080' }],
    [401, { Host: '127.0.0.1.example.com' }],
    [401, { Origin: 'http://localhost' }],
    [401, { Origin: 'null' }],
  ] as [number, Record<string, string>][])(
    '%i without a token, with %o',
    async (status, headers) => {
      const { url } = await controlled()
      expect((await ask(`${url}/state`, 'GET', { headers })).status).toBe(status)
    },
  )

  test('with a token only who has it', async () => {
    const { url } = await controlled({ control: { ...control, token: 'secret' } })
    const status = async (headers: Record<string, string>) =>
      (await ask(`${url}/state`, 'GET', { headers })).status
    expect(await status({})).toBe(401)
    for (const Authorization of ['secret', 'Bearer secre', 'Bearer secret2', 'Bearer Secret', '']) {
      expect(await status({ Authorization })).toBe(401)
    }
    expect(await status({ Authorization: 'Bearer secret' })).toBe(200)
    expect(await status({ Authorization: 'Bearer secret', Host: 'camera.example.com' })).toBe(200)
  })

  test('beyond the loopback with a token', async () => {
    const { url } = await controlled({ control: { host: '0.0.0.0', port: 0, token: 'secret' } })
    const { port } = new URL(url)
    expect((await ask(`http://127.0.0.1:${port}/state`)).status).toBe(401)
  })

  test('a port that is taken is named', async () => {
    const { url } = await controlled()
    const port = Number(new URL(url).port)
    await expect(stage({ control: { ...control, port } })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`${port}`),
    })
  })
})

describe('what is answered', () => {
  test('motion, raised and cleared', async () => {
    const { url, events } = await controlled()
    expect(await ask(`${url}/motion`, 'POST')).toMatchObject({
      status: 200,
      json: { motion: true, durationMs: 10_000 },
    })
    expect(await events.next()).toEqual({ event: 'motion', isDetected: true })
    const longer = await ask(`${url}/motion`, 'POST', { body: '{"durationMs":60000}' })
    expect(longer.json).toEqual({ motion: true, durationMs: 60_000 })
    expect((await ask(`${url}/state`)).json).toMatchObject({ isMotionDetected: true })
    const cleared = await ask(`${url}/motion/clear`, 'POST')
    expect(cleared).toMatchObject({ status: 200, json: { motion: false } })
    expect(await events.next()).toEqual({ event: 'motion', isDetected: false })
    expect((await ask(`${url}/events`)).json).toMatchObject([
      {
        id: 1,
        camera: 'Porch',
        trigger: { kind: 'motion', source: 'control' },
        triggers: 2,
        readiness: 'not-paired',
        motionEndedAfterMs: expect.any(Number),
        outcome: 'pending',
      },
    ])
  })

  test.each([
    'x',
    '[]',
    '1',
    'null',
    '{"durationMs":0}',
    '{"durationMs":1.5}',
    '{"durationMs":"1"}',
    '{"durationMs":600001}',
  ])('400 for motion with %s', async body => {
    const { url, events } = await controlled()
    const answer = await ask(`${url}/motion`, 'POST', { body })
    expect(answer).toMatchObject({ status: 400, json: { error: expect.any(String) } })
    expect(events.size).toBe(0)
  })

  test('413 for a body of 5 KiB', async () => {
    const { url } = await controlled()
    expect((await ask(`${url}/motion`, 'POST', { body: ' '.repeat(5120) })).status).toBe(413)
    expect((await ask(`${url}/state`)).status).toBe(200)
  })

  test.each([
    [404, 'GET', '/'],
    [404, 'GET', '/motion/'],
    [404, 'POST', '/__proto__'],
    [405, 'GET', '/motion'],
    [405, 'DELETE', '/state'],
    [405, 'POST', '/snapshot.jpg'],
    [409, 'POST', '/doorbell'],
    [200, 'GET', '/healthz'],
    [200, 'GET', '/state?x=1'],
    [400, 'GET', '/snapshot.jpg?width=0'],
    [400, 'GET', '/snapshot.jpg?width=8193'],
    [400, 'GET', '/snapshot.jpg?height=x'],
  ])('%i for %s %s', async (status, method, path) => {
    const { url } = await controlled()
    expect((await ask(`${url}${path}`, method)).status).toBe(status)
  })

  test('a picture', async () => {
    const { url } = await controlled()
    const { status, type, body } = await ask(`${url}/snapshot.jpg?width=640&height=360`)
    expect([status, type, ...body.subarray(0, 2)]).toEqual([200, 'image/jpeg', 0xff, 0xd8])
  })

  test('the doorbell, and the motion that hubs record', async () => {
    const { client, iid, camera, events } = await ready({ control, isDoorbell: true })
    const url = camera.info.controlUrl ?? ''
    const ring = () => ask(`${url}/doorbell`, 'POST')
    expect(await events.next()).toMatchObject({ event: 'paired' })
    expect(await ring()).toMatchObject({ status: 200, json: { rung: true } })
    expect(await events.next()).toEqual({ event: 'doorbell' })
    await put(client, [{ iid: iid('cameraEventRecordingManagement', 'active'), value: 1 }])
    await ring()
    expect(await events.next()).toEqual({ event: 'doorbell' })
    expect(await events.next()).toEqual({ event: 'motion', isDetected: true })
  })

  test('what a camera without the part says', async () => {
    const { url } = await controlled()
    for (const path of ['/doorbell', '/occupancy']) {
      expect((await ask(`${url}${path}`, 'POST')).status).toBe(409)
    }
    expect((await ask(`${url}/metrics`)).status).toBe(404)
  })

  test('somebody who is there, until it is cleared', async () => {
    const { url, events } = await controlled({ hasOccupancySensor: true })
    const { json } = await ask(`${url}/occupancy`, 'POST', { body: '{"durationMs":5000}' })
    expect(json).toEqual({ occupancy: true, durationMs: 5000 })
    expect(await events.next()).toEqual({ event: 'occupancy', isDetected: true })
    expect((await ask(`${url}/occupancy/clear`, 'POST')).json).toEqual({ occupancy: false })
    expect(await events.next()).toEqual({ event: 'occupancy', isDetected: false })
  })

  test("the camera's own switch", async () => {
    const { url, events } = await controlled()
    await ask(`${url}/motion`, 'POST')
    expect(await events.next()).toMatchObject({ event: 'motion', isDetected: true })
    expect((await ask(`${url}/disable`, 'POST')).json).toEqual({ disabled: true })
    expect(await events.next()).toMatchObject({ event: 'motion', isDetected: false })
    expect(await events.next()).toEqual({ event: 'manually-disabled', isDisabled: true })
    expect((await ask(`${url}/motion`, 'POST')).status).toBe(409)
    expect((await ask(`${url}/snapshot.jpg`)).status).toBe(409)
    expect((await ask(`${url}/enable`, 'POST')).json).toEqual({ disabled: false })
    expect((await ask(`${url}/motion`, 'POST')).status).toBe(200)
  })

  test('409 by a camera that is switched off, and its state', async () => {
    const { client, iid, camera } = await ready({ control, isDoorbell: true })
    const url = camera.info.controlUrl ?? ''
    await put(client, [{ iid: iid('cameraOperatingMode', 'homeKitCameraActive'), value: 0 }])
    expect((await ask(`${url}/motion`, 'POST')).status).toBe(409)
    expect((await ask(`${url}/doorbell`, 'POST')).status).toBe(200)
    expect((await ask(`${url}/state`)).json).toMatchObject({
      name: 'Porch',
      isPaired: true,
      isArmed: false,
      isRecording: false,
      isMotionDetected: false,
      settings: { isCameraActive: false },
    })
  })
})
