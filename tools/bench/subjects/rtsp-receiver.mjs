// RTSP cameras from their sockets to the fragments that a prebuffer keeps, as many as are asked for.
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'

import { openSource } from '@hksv/media'

import { fragmenterFor } from '../media.mjs'
import { serve } from './serve.mjs'

// As hksv camera does.
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--heap-growing-percent=400')

/** Fragments that are kept: a prebuffer of 8 s and the one that is sent. */
const KEPT = 3

const cameras = []

async function receive(camera) {
  const fragmenter = fragmenterFor(camera.source.description)
  for await (const sample of camera.source.allSamples(new AbortController().signal)) {
    const fragment = fragmenter.push(sample)
    if (fragment === undefined) continue
    camera.fragments.push(fragment)
    if (camera.fragments.length > KEPT) camera.fragments.shift()
  }
}

async function open(url) {
  const camera = { source: await openSource(url), fragments: [] }
  receive(camera).catch(error => {
    console.error(error)
    process.exit(1)
  })
  return camera
}

serve({
  /** Adds cameras until there are `count`, and returns when they deliver. */
  async add({ url, count }) {
    const missing = Array.from({ length: count - cameras.length }, () => open(url))
    cameras.push(...(await Promise.all(missing)))
  },
  /** Whether every prebuffer is full. */
  areFull: () => cameras.every(({ fragments }) => fragments.length === KEPT),
})
