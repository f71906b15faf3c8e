import { readdir } from 'node:fs/promises'

import { Camera } from '../camera.mjs'

const SESSIONS = 16

/** File descriptors that each further session costs the accessory. */
export const descriptors = {
  name: 'descriptors',
  platforms: ['linux'],
  isExact: true,
  async prepare() {
    return {
      async run() {
        return { each: { ours: await once('hksv'), theirs: await once('hap-nodejs') } }
      },
      async stop() {},
    }
  },
  rows: [
    {
      key: 'each',
      what: 'file descriptors of a session',
      unit: '',
      against: 'hap-nodejs',
      limit: 1,
    },
  ],
}

async function once(name) {
  const camera = await Camera.start(name)
  const sessions = []
  try {
    await camera.pair()
    // The first one stays: whatever is opened once and for all is open then.
    sessions.push(await inUse(camera))
    const before = await descriptorsOf(camera.subject.pid)
    for (let i = 0; i < SESSIONS; i++) sessions.push(await inUse(camera))
    return ((await descriptorsOf(camera.subject.pid)) - before) / SESSIONS
  } finally {
    for (const session of sessions) session.close()
    await camera.stop()
  }
}

async function inUse(camera) {
  const session = await camera.session()
  await session.request('GET', '/accessories')
  return session
}

async function descriptorsOf(pid) {
  return (await readdir(`/proc/${pid}/fd`)).length
}
