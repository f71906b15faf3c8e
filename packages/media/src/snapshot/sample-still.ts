import { readAsset } from '../assets.ts'
import type { PictureSize } from '../source.ts'

const stills = [
  { name: 'sample-640x360.jpg', width: 640 },
  { name: 'sample.jpg', width: 1280 },
] as const

/** @returns The still of the built-in sample whose width is nearest to the wanted one: a JPEG file. */
export async function sampleStill(size: PictureSize): Promise<Uint8Array> {
  const [small, large] = stills
  const isSmaller = size.width - small.width < large.width - size.width
  return await readAsset(isSmaller ? small.name : large.name)
}
