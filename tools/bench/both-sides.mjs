import { Camera } from './camera.mjs'
import { Controller } from './controller.mjs'

/**
 * An accessory of each side, paired, each with one verified session.
 *
 * @param {'camera' | 'light'} kind
 */
export async function bothSides(kind) {
  const cameras = [await paired('hksv', kind), await paired('hap-nodejs', kind)]
  const [ours, theirs] = await Promise.all(cameras.map(camera => Controller.connect(camera)))
  return {
    ours,
    theirs,
    async stop() {
      for (const controller of [ours, theirs]) controller.close()
      for (const camera of cameras) await camera.stop()
    },
  }
}

async function paired(name, kind) {
  const camera = await Camera.start(name, { kind })
  await camera.pair()
  return camera
}
