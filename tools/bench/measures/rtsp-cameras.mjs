import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { makeRemuxInput } from '../remux-input.mjs'
import { Subject } from '../subject.mjs'

const MANY = 64
const SOME = 16
const MEASURED_MS = 20_000
const POLL_MS = 500

/** Cameras of 1080p and 2 Mbit/s at real-time pace, from their sockets to the prebuffers. */
export const rtspCameras = {
  name: 'rtsp-cameras',
  platforms: ['linux'],
  isExact: true,
  async prepare() {
    const directory = await mkdtemp(join(tmpdir(), 'hksv-bench-'))
    await makeRemuxInput(directory)
    const sender = new Subject('rtsp-sender')
    const port = await sender.call('start', { path: directory })
    const url = `rtsp://127.0.0.1:${port}/cam`
    return {
      async run() {
        const ffmpeg = await measureFfmpeg(url)
        const receiver = new Subject('rtsp-receiver')
        try {
          const one = await measureCameras(receiver, url, 1)
          const some = await measureCameras(receiver, url, SOME)
          const many = await measureCameras(receiver, url, MANY)
          return {
            one: { ours: one.cpu, theirs: ffmpeg.cpu },
            some: { ours: some.cpu / SOME, theirs: ffmpeg.cpu },
            many: { ours: many.cpu / MANY, theirs: ffmpeg.cpu },
            cpu: { ours: (many.cpu - one.cpu) / (MANY - 1), theirs: ffmpeg.cpu },
            oneRss: { ours: one.rss, theirs: ffmpeg.rss },
            rss: { ours: (many.rss - one.rss) / (MANY - 1), theirs: ffmpeg.rss },
          }
        } finally {
          receiver.stop()
        }
      },
      async stop() {
        sender.stop()
        await rm(directory, { recursive: true, force: true })
      },
    }
  },
  rows: [
    row('one', 'one RTSP camera, 1080p 2 Mbit/s, CPU', '% of a core'),
    row('some', `each of ${SOME} in one process`, '% of a core'),
    row('many', `each of ${MANY} in one process`, '% of a core'),
    { ...row('cpu', `one camera more, ${MANY} against 1`, '% of a core'), goal: 1 / 4 },
    row('oneRss', 'one RTSP camera, RSS of the process', 'MB'),
    { ...row('rss', `one camera more, ${MANY} against 1, RSS`, 'MB'), limit: 10 },
  ],
}

function row(key, what, unit) {
  return { key, what, unit, against: 'one ffmpeg -c copy' }
}

/** @returns Percent of a core, and MB, of all of them. */
async function measureCameras(receiver, url, count) {
  await receiver.call('add', { url, count })
  while (!(await receiver.call('areFull'))) await delay(POLL_MS)
  const cpuMs = await receiver.cpuMsOf(() => delay(MEASURED_MS))
  return { cpu: (100 * cpuMs) / MEASURED_MS, rss: await residentMegabytes(receiver.pid) }
}

/** The same camera by one process that copies it into fragments. */
async function measureFfmpeg(url) {
  const input = ['-v', 'error', '-nostdin', '-rtsp_transport', 'tcp', '-i', url]
  const output = ['-c', 'copy', '-movflags', 'empty_moov+default_base_moof+frag_keyframe']
  const args = [...input, ...output, '-f', 'mp4', 'pipe:1']
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    // It has begun when the second fragment has come.
    let bytes = 0
    child.stdout.on('data', piece => {
      bytes += piece.length
    })
    while (bytes < 1_500_000) await delay(POLL_MS)
    const before = await cpuMsOf(child.pid)
    await delay(MEASURED_MS)
    const cpu = (100 * ((await cpuMsOf(child.pid)) - before)) / MEASURED_MS
    return { cpu, rss: await residentMegabytes(child.pid) }
  } finally {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}

/** User and system, in ticks of 10 ms. */
async function cpuMsOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

async function residentMegabytes(pid) {
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(text) ?? []
  return (Number(kibibytes) * 1024) / 1e6
}
