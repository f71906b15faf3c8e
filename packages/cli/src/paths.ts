import { join } from 'node:path'

import envPaths from 'env-paths'

/** Where this user's programs keep their state: `~/.local/share/hksv` and the like. */
export function dataDirectory(): string {
  return envPaths('hksv', { suffix: '' }).data
}

/** Where a camera keeps its state unless it is told. */
export function cameraDirectory(): string {
  return join(dataDirectory(), 'camera')
}

/** Where each of several cameras has a folder, unless they are told. */
export function camerasDirectory(): string {
  return join(dataDirectory(), 'cameras')
}

/** The name that a folder, a path and a label have a camera by: `Front Door` is `front-door`. */
export function cameraId(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{Mark}/gu, '')
  return plain
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]+/gu, '-')
    .replace(/^-|-$/g, '')
}

/** Where the camera of these flags keeps its state: one of several has a folder there. */
export function storageOf(flags: { readonly storage?: string; readonly only?: string }): string {
  const { storage, only } = flags
  if (only === undefined) return storage ?? cameraDirectory()
  return join(storage ?? camerasDirectory(), cameraId(only))
}
