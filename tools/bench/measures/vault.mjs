import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { chooseProvider } from '@hksv/crypto/node'
import { ControllerStore, pair } from '@hksv/hub'

import { residentMegabytes } from '../resident.mjs'
import { Subject } from '../subject.mjs'

const CAMERAS = 16
const HOST = '127.0.0.1'
const SETUP_CODE = '031-45-154'
const MOTION_MS = 20_000
const MEASURED_MS = 15_000
const crypto = chooseProvider()

/** Sixteen cameras on the built-in sample, recorded at once by one vault. */
export const vault = {
  name: 'vault',
  platforms: ['linux'],
  isExact: true,
  async prepare() {
    const directory = await mkdtemp(join(tmpdir(), 'hksv-bench-'))
    const cameras = new Subject('hksv-cameras')
    const recorder = new Subject('hub-vault')
    return {
      async run() {
        const clips = join(directory, 'clips')
        const home = join(directory, 'hub')
        await pairAll(cameras, directory, home)
        await recorder.call('start', { directory: home, clips })
        await cameras.call('allArmed')
        const rest = await measured(recorder)
        await cameras.call('motion', MOTION_MS)
        await recorder.call('happened', { event: 'recording', count: CAMERAS })
        const busy = await measured(recorder)
        await recorder.call('happened', { event: 'recorded', count: CAMERAS })
        await recorder.call('end')
        return {
          cpu: { ours: busy.cpu, theirs: rest.cpu },
          rss: { ours: busy.rss, theirs: rest.rss },
          lost: await lostIn(clips),
        }
      },
      async stop() {
        recorder.stop()
        cameras.stop()
        await rm(directory, { recursive: true, force: true })
      },
    }
  },
  rows: [
    {
      key: 'lost',
      what: 'vault with 16 cameras recording at once, fragments lost',
      unit: 'fragments',
      against: 'fragments recorded',
      limit: 0,
    },
    {
      key: 'cpu',
      what: 'the same, CPU',
      unit: '% of a core',
      against: 'nothing moves',
    },
    { key: 'rss', what: 'the same, RSS', unit: 'MB', against: 'nothing moves' },
  ],
}

async function pairAll(cameras, directory, home) {
  const store = await ControllerStore.open(home, crypto)
  for (let i = 0; i < CAMERAS; i++) {
    const storage = join(directory, `camera-${i}`)
    const port = await cameras.call('start', { storage, setupCode: SETUP_CODE })
    await pair({ store, crypto, host: HOST, port, setupCode: SETUP_CODE })
  }
}

async function measured(recorder) {
  const cpuMs = await recorder.cpuMsOf(() => delay(MEASURED_MS))
  return { cpu: (100 * cpuMs) / MEASURED_MS, rss: await residentMegabytes(recorder.pid) }
}

/** A fragment that is missing shows as a gap in the decode times, or as a clip that broke off. */
async function lostIn(clips) {
  const names = (await readdir(clips)).filter(name => name.endsWith('.json'))
  let [lost, recorded] = [0, 0]
  for (const name of names) {
    const { isComplete, fragments, findings } = JSON.parse(
      await readFile(join(clips, name), 'utf8'),
    )
    recorded += fragments
    lost += (isComplete ? 0 : 1) + findings.filter(isGap).length
  }
  return { ours: lost + Math.max(0, CAMERAS - names.length), theirs: recorded }
}

/** What else is found, like a short first fragment, is of the camera. */
function isGap(finding) {
  return !finding.startsWith('fragment-duration')
}
