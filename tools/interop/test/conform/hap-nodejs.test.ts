import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { ConformReport } from '@hksv/hub/conform'
import { expect, onTestFinished, test } from 'vitest'

import { hapNodejs, Peer } from '../peer.ts'
import { samplePackets } from '../support/sample-packets.ts'
import { ffmpegFaults, peerFaults } from './peer-faults.ts'
import { judge, scratch } from './scene.ts'

const SETUP_CODE = '031-45-154'
const base64 = (packets: readonly Buffer[]) => packets.map(packet => packet.toString('base64'))

function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc=size=1280x720:rate=25',
    ...args,
  ])
}

/** A plug-in's camera, with everything that a plug-in has to give. */
async function startPeer(name: string, execPath: string): Promise<Peer> {
  const directory = scratch()
  const peer = new Peer(
    'hap-nodejs-camera.mjs',
    [join(directory, 'peer'), SETUP_CODE, name],
    execPath,
  )
  onTestFinished(() => peer.stop())
  const [file, picture] = [join(directory, 'live.mp4'), join(directory, 'picture.jpg')]
  const fast = ['-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p']
  ffmpeg('-t', '8', '-c:v', 'libx264', ...fast, '-g', '25', file)
  ffmpeg('-frames:v', '1', picture)
  await peer.tell({
    packets: base64(await samplePackets(12)),
    silentPackets: base64(await samplePackets(12, false)),
    pace: 4000,
    picture: readFileSync(picture, 'base64'),
    live: { file },
  })
  return peer
}

async function judgePeer(name: string, execPath: string): Promise<ConformReport> {
  const peer = await startPeer(name, execPath)
  const { port } = await peer.event('listening')
  const trigger = async () => {
    await peer.tell({ motion: false })
    await peer.tell({ motion: true })
  }
  return await judge({ host: '127.0.0.1', port: Number(port) }, { setupCode: SETUP_CODE, trigger })
}

test.concurrent.each(hapNodejs)(
  '%s breaks the rules that docs/conformance.md names, and no other',
  async (name, execPath) => {
    const { results, leftBehind } = await judgePeer(name, execPath)
    const failed = results.filter(({ outcome }) => outcome === 'failed')
    const names = failed.map(({ rule }) => rule)
    const known = [...Object.keys(peerFaults), ...ffmpegFaults]
    // With what was found, for whoever has to judge it.
    expect(failed.filter(({ rule }) => !known.includes(rule))).toEqual([])
    expect(Object.keys(peerFaults).filter(rule => !names.includes(rule))).toEqual([])
    expect(leftBehind).toEqual([])
  },
  150_000,
)
