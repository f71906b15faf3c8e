import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Files that come with the package. */
export type AssetName = 'sample.mp4' | 'sample.jpg' | 'sample-640x360.jpg'

/** @returns The path of an asset; `src` and `dist` lie equally deep. */
export function assetPath(name: AssetName): string {
  return fileURLToPath(new URL(`../assets/${name}`, import.meta.url))
}

/** @returns A copy of an asset. */
export async function readAsset(name: AssetName): Promise<Uint8Array> {
  return new Uint8Array(await readFile(assetPath(name)))
}
