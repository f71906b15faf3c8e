import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { makeRemuxInput } from '../remux-input.mjs'
import { Subject } from '../subject.mjs'

const contenders = ['nalUnits', 'annexB', 'copy', 'mediabunny', 'mp4box', 'muxJs', 'ffmpeg']

/** From H.264 and AAC to fragments of four seconds, against copying the bytes and against others. */
export const remux = {
  name: 'remux',
  async prepare() {
    const directory = await mkdtemp(join(tmpdir(), 'hksv-bench-'))
    await makeRemuxInput(directory)
    // Each in a process of its own: what one leaves behind is not the collector's work for the next.
    const subjects = new Map()
    for (const name of contenders) {
      const subject = new Subject('remux')
      await subject.call('start', { path: directory })
      subjects.set(name, subject)
    }
    const run = async () => {
      const cpu = {}
      for (const [name, subject] of subjects) cpu[name] = await subject.call(name)
      const { nalUnits, annexB, copy, mediabunny, mp4box, muxJs, ffmpeg } = cpu
      return {
        nalUnits: { ours: nalUnits, theirs: copy },
        annexB: { ours: annexB, theirs: copy },
        mediabunny: { ours: nalUnits, theirs: mediabunny },
        mp4box: { ours: annexB, theirs: mp4box },
        muxJs: { ours: annexB, theirs: muxJs },
        ffmpeg: { ours: annexB, theirs: ffmpeg },
      }
    }
    await run()
    return {
      run,
      async stop() {
        for (const subject of subjects.values()) subject.stop()
        await rm(directory, { recursive: true, force: true })
      },
    }
  },
  rows: [
    row('nalUnits', 'remux from NAL units, CPU a fragment of 1 MB', 'Buffer.concat', 1.5),
    row('annexB', 'remux from Annex B and ADTS, CPU a fragment', 'Buffer.concat', 2),
    row('mediabunny', 'remux from NAL units', 'mediabunny 1.61.0', 1 / 3),
    row('mp4box', 'remux from Annex B and ADTS', 'mp4box.js 2.4.1, from MP4', 1 / 3),
    row('muxJs', 'remux from Annex B and ADTS', 'mux.js 7.1.0, from TS', 1 / 3),
    row('ffmpeg', 'remux from Annex B and ADTS', 'ffmpeg -c copy, from TS', 1 / 3),
  ],
}

function row(key, what, against, goal) {
  return { key, what, unit: 'ms', against, goal }
}
