import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Camera } from '../camera.mjs'
import { LiveViewer } from '../live-viewer.mjs'
import { makeRemuxInput } from '../remux-input.mjs'
import { Subject } from '../subject.mjs'

const STARTS = 5
const MEASURED_MS = 15_000
const SETTLE_MS = 2000
const HOST = '127.0.0.1'

/** One viewer of a camera: how soon the first packet is there, and what the view costs. */
export const live = {
  name: 'live',
  platforms: ['linux'],
  async prepare() {
    const directory = await mkdtemp(join(tmpdir(), 'hksv-bench-'))
    await makeRemuxInput(directory, { bitRate: '4M', groupSeconds: 2 })
    const sender = new Subject('rtsp-sender')
    const port = await sender.call('start', { path: directory })
    const url = `rtsp://${HOST}:${port}/cam`
    const sample = await Viewed.of('sample')
    const rtsp = await Viewed.of(url)
    return {
      async run() {
        const theirs = await measureFfmpeg(url)
        return {
          sample: { ours: await sample.startMs(), theirs: theirs.startMs },
          rtsp: { ours: await rtsp.startMs(), theirs: theirs.startMs },
          cpu: { ours: await rtsp.viewerCpu(), theirs: theirs.cpu },
        }
      },
      async stop() {
        await sample.stop()
        await rtsp.stop()
        sender.stop()
        await rm(directory, { recursive: true, force: true })
      },
    }
  },
  rows: [
    { ...row('sample', 'live view of the sample, start command to first packet', 'ms'), limit: 50 },
    { ...row('rtsp', 'the same of an RTSP camera, a key frame every 2 s', 'ms'), limit: 300 },
    { ...row('cpu', 'one viewer, 1080p 4 Mbit/s, CPU', '% of a core'), goal: 1 / 5 },
  ],
}

function row(key, what, unit) {
  return { key, what, unit, against: 'one ffmpeg -c copy to SRTP' }
}

/** An armed camera, whose source is read, and its viewer. */
class Viewed {
  #camera
  #viewer

  static async of(source) {
    const viewed = new Viewed()
    viewed.#camera = await Camera.startWith(source)
    await viewed.#camera.pair()
    await viewed.#camera.arm()
    viewed.#viewer = await LiveViewer.connect(viewed.#camera)
    // A prebuffer that has begun has a key frame.
    await delay(2 * SETTLE_MS)
    return viewed
  }

  /** @returns The median of some starts, each at another moment between two key frames. */
  async startMs() {
    const all = []
    for (let i = 0; i < STARTS; i++) {
      all.push(await this.#viewer.start())
      await this.#viewer.end()
      await delay(SETTLE_MS / 3)
    }
    return all.toSorted((a, b) => a - b)[STARTS >> 1]
  }

  /** @returns Percent of a core that the camera needs more while somebody looks. */
  async viewerCpu() {
    const measured = () => this.#camera.subject.cpuMsOf(() => delay(MEASURED_MS))
    const before = await measured()
    await this.#viewer.start()
    await delay(SETTLE_MS)
    const viewed = await measured()
    await this.#viewer.end()
    const after = await measured()
    return (100 * (viewed - (before + after) / 2)) / MEASURED_MS
  }

  async stop() {
    this.#viewer.close()
    await this.#camera.stop()
  }
}

/** The same camera to one viewer by a process of its own, as the other cameras do it. */
async function measureFfmpeg(url) {
  const socket = createSocket('udp4')
  socket.bind(0, HOST)
  await once(socket, 'listening')
  socket.setRecvBufferSize(4 * 2 ** 20)
  const key = randomBytes(30).toString('base64')
  const output = `srtp://${HOST}:${socket.address().port}?pkt_size=1378`
  const sealing = ['-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', key]
  const codec = ['-map', '0:v', '-c', 'copy', '-payload_type', '99', '-f', 'rtp']
  const args = ['-v', 'error', '-nostdin', '-rtsp_transport', 'tcp', '-i', url, ...codec]
  const startedAt = performance.now()
  const child = spawn('ffmpeg', [...args, ...sealing, output], { stdio: 'ignore' })
  try {
    await once(socket, 'message')
    const startMs = performance.now() - startedAt
    await delay(SETTLE_MS)
    const before = await cpuMsOf(child.pid)
    await delay(MEASURED_MS)
    return { startMs, cpu: (100 * ((await cpuMsOf(child.pid)) - before)) / MEASURED_MS }
  } finally {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    socket.close()
  }
}

/** User and system, in ticks of 10 ms. */
async function cpuMsOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}
