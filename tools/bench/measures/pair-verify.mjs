import { Camera } from '../camera.mjs'

const VERIFIES = 100

/** Connect, verify, close: again and again, the first two hundred not counted. */
export const pairVerify = {
  name: 'pair-verify',
  async prepare() {
    const ours = await paired('hksv')
    const theirs = await paired('hap-nodejs')
    return {
      async run() {
        return { verify: { ours: await verify(ours), theirs: await verify(theirs) } }
      },
      async stop() {
        await ours.stop()
        await theirs.stop()
      },
    }
  },
  rows: [
    {
      key: 'verify',
      what: 'pair-verify, accessory CPU',
      unit: 'ms',
      against: 'hap-nodejs',
      goal: 1 / 8,
    },
  ],
}

async function paired(name) {
  const camera = await Camera.start(name)
  await camera.pair()
  for (let i = 0; i < 2; i++) await verify(camera)
  return camera
}

async function verify(camera) {
  const cpuMs = await camera.subject.cpuMsOf(async () => {
    for (let i = 0; i < VERIFIES; i++) (await camera.session()).close()
  })
  return cpuMs / VERIFIES
}
