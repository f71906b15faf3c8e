import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { RtpReceiver } from '@hksv/media/rtp'
import { RtspConnection, type RtspConnectionOptions } from '@hksv/media/rtsp'
import { afterEach, describe, expect, test } from 'vitest'

const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('./support/rtsp-server.py', import.meta.url))
const sample = fileURLToPath(new URL('../assets/sample.mp4', import.meta.url))
const needs = "import gi; gi.require_version('GstRtspServer', '1.0')"
const isThere = spawnSync(python, ['-c', needs]).status === 0

const servers: ChildProcess[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    const gone = server.exitCode === null && server.signalCode === null && once(server, 'exit')
    server.kill('SIGKILL')
    await gone
  }
})

async function camera(auth: 'none' | 'digest', transport: 'tcp' | 'udp' | 'any') {
  const server = spawn(python, [script, sample, auth, transport], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  servers.push(server)
  const [port] = await once(createInterface(server.stdout), 'line')
  return { server, host: `127.0.0.1:${port}` }
}

/** Receives until there are so many pictures and frames of audio. */
async function receive(url: string, options: RtspConnectionOptions, count = 5) {
  await using connection = await RtspConnection.open(url, options)
  const samples = connection.tracks.map((): { isSync: boolean; length: number }[] => [])
  let enough: () => void = () => undefined
  const all = new Promise<void>(resolve => {
    enough = resolve
  })
  await connection.play((track, index) => {
    const { rtpTime } = track.rtpInfo
    const receiver = new RtpReceiver({
      format: track.format,
      transport: track.transport.type,
      ssrc: 1,
      ...(rtpTime === undefined ? {} : { rtpInfoTime: rtpTime }),
    })
    return (bytes, now) => {
      for (const event of receiver.receive(bytes, now))
        if (event.type === 'sample')
          samples[index]?.push({ isSync: event.sample.isSync, length: event.sample.data.length })
      const report = receiver.take()
      if (report !== undefined) connection.sendRtcp(index, report)
      if (samples.every(({ length }) => length >= count)) enough()
    }
  })
  await Promise.race([all, connection.ended])
  return { samples, transports: connection.tracks.map(({ transport }) => transport.type) }
}

describe.skipIf(!isThere && process.env['CI'] !== 'true')('gst-rtsp-server', () => {
  test.each([
    ['Digest over TCP', 'digest', 'any', 'tcp', 'tcp'],
    ['Digest over UDP', 'digest', 'any', 'udp', 'udp'],
    ['no TCP to be had', 'none', 'udp', 'tcp', 'udp'],
    ['no UDP to be had', 'none', 'tcp', 'udp', 'tcp'],
  ] as const)('%s', async (_, auth, has, asked, got) => {
    const { host } = await camera(auth, has)
    const { samples, transports } = await receive(`rtsp://user:pass%20word@${host}/cam`, {
      transport: asked,
    })
    expect(transports).toEqual([got, got])
    expect(samples[0]?.[0]?.isSync).toBe(true)
    for (const track of samples) expect(track.every(({ length }) => length > 0)).toBe(true)
  })

  test('a wrong password, and none', async () => {
    const { host } = await camera('digest', 'any')
    for (const user of ['user:wrong@', ''])
      await expect(RtspConnection.open(`rtsp://${user}${host}/cam`)).rejects.toMatchObject({
        code: 'MEDIA_RTSP_AUTH',
        message: expect.not.stringContaining('wrong@'),
      })
    await expect(RtspConnection.open(`rtsp://user:pass word@${host}/other`)).rejects.toMatchObject({
      code: 'MEDIA_RTSP_REFUSED',
    })
  })

  test('a camera that dies', async () => {
    const { server, host } = await camera('none', 'any')
    const connection = await RtspConnection.open(`rtsp://${host}/cam`)
    await new Promise<void>((resolve, reject) => {
      connection.play(() => () => resolve()).catch(reject)
    })
    server.kill('SIGKILL')
    await expect(connection.ended).rejects.toMatchObject({ code: 'MEDIA_RTSP_ENDED' })
    await expect(connection.play(() => () => undefined)).rejects.toMatchObject({
      code: 'MEDIA_RTSP_ENDED',
    })
    await connection.close()
  })
})
