import { isDeepStrictEqual } from 'node:util'

import { keepDescription, readDescription } from '../src/camera/kept-description.ts'

const sps = ['674d001eab40b04b4d4040501b42000003000200000300790810', '42c01e9a6280f64040']
const hevc = ['420101016000000300900000030000030078a003c08010e58d', '4401c172b09c0a3c24']

/** What is on the disk of the camera that was there the last time, perhaps from another hand. */
export function fuzz(data) {
  const [choice = 0, rate = 0] = data
  const hex = data.subarray(2).toString('hex')
  const codec = (choice & 1) === 0 ? 'h264' : 'h265'
  const known = codec === 'h264' ? sps : hevc
  const audio = { codec: 'aac-lc', config: (choice & 4) === 0 ? '1408' : hex.slice(0, 8) }
  read({
    codec,
    vps: [hex],
    sps: [(choice & 2) === 0 ? known[rate % 2] : hex],
    pps: [hex],
    timescale: rate * 1000,
    ...((choice & 8) === 0 ? { framesPerSecond: rate } : {}),
    ...((choice & 16) === 0 ? { audio } : {}),
  })
  try {
    read(JSON.parse(data.toString('utf8')))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
}

function read(kept) {
  const description = readDescription(kept, 'camera')
  if (description === undefined) return
  const again = readDescription(JSON.parse(JSON.stringify(keepDescription(description))), 'camera')
  if (!isDeepStrictEqual(again, description)) throw new Error('not the same')
}
