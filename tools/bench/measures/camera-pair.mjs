import { Camera } from '../camera.mjs'
import { Controller } from '../controller.mjs'

/** Both cameras, paired, each with one verified session. */
export async function cameraPair() {
  const cameras = [await paired('hksv'), await paired('hap-nodejs')]
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

async function paired(name) {
  const camera = await Camera.start(name)
  await camera.pair()
  return camera
}
