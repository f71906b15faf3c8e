// The Fragmenter against copying the same bytes, both alone in this process.
import { renderFragment } from '@hksv/fmp4'

import { fragmenterFor, groupOf, prepareMedia } from '../media.mjs'
import { cpuMs, serve } from './serve.mjs'

let media
let samples = []

/** From samples to what HDS is handed: a moof for each fragment, and its payload copied once. */
function fragment() {
  const fragmenter = fragmenterFor(media.description)
  let count = 0
  for (const sample of samples) {
    const complete = fragmenter.push(sample)
    if (complete === undefined) continue
    count++
    renderFragment(complete, { sequenceNumber: count, origin: { videoTime: 0 }, withAudio: true })
  }
  return count
}

/** The bound: the samples of each fragment, joined. */
function join() {
  let parts = []
  let count = 0
  for (const { track, isSync, data } of samples) {
    if (track === 'video' && isSync && parts.length > 0) {
      Buffer.concat(parts)
      parts = []
      count++
    }
    parts.push(data)
  }
  return count
}

function measured(work) {
  return () => {
    const before = cpuMs()
    const count = work()
    return (cpuMs() - before) / count
  }
}

serve({
  async start({ groups }) {
    media = await prepareMedia(groups)
    samples = Array.from({ length: groups }, (_, number) => [...groupOf(media, number)]).flat()
  },
  // Both in milliseconds a fragment.
  fragment: measured(fragment),
  join: measured(join),
})
