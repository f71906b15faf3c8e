// Where a subject spends its time and its memory, in the formats that Chrome's and other tools open.
import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'

/** More often, and the signals of the sampler are half of what it sees. */
const INTERVAL_US = 1000
const INTERVAL_BYTES = 16_384

let session

export async function startProfile() {
  session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: INTERVAL_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  })
  await session.post('Profiler.start')
}

/** Writes `PATH.cpuprofile` and `PATH.heapprofile`: what was allocated, not what is left of it. */
export async function stopProfile(path) {
  const cpu = await session.post('Profiler.stop')
  const heap = await session.post('HeapProfiler.stopSampling')
  session.disconnect()
  await writeFile(`${path}.cpuprofile`, JSON.stringify(cpu.profile))
  await writeFile(`${path}.heapprofile`, JSON.stringify(heap.profile))
}
