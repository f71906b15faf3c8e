import type { Group } from '../harness/group.ts'
import { put } from '../harness/honest.ts'
import { labelOf } from '../harness/label.ts'
import { request } from '../harness/request.ts'
import { each, type Stage } from '../harness/stage.ts'
import type { Tally } from '../harness/tally.ts'
import type { Wire } from '../harness/wire.ts'

const ACCESSORIES = request('GET', '/accessories')
const REFUSED = request('GET', '/')
/** Answers of some 100 MB, if the camera were to keep them all. */
const REQUESTS = 8000
const BATCH = 50
/** What may be in flight of a peer that does not read, in the camera. */
const MEMORY_MARGIN = 64 * 1024 * 1024

/** Peers that do not read, that vanish in the middle, and that say no more. */
export const halfOpen: Group = {
  name: 'half-open peers',
  on: 'paired camera',
  async run(stage, tally) {
    const stranger = await stage.stranger()
    const verified = await stage.verified()
    for (const wire of [stranger, verified]) wire.send(ACCESSORIES.subarray(0, -1))
    await deaf(stage, tally, 'a verified peer', await stage.verified(), ACCESSORIES)
    await deaf(stage, tally, 'a stranger', await stage.stranger(), REFUSED)
    const times = Array(stage.scale === 'full' ? 400 : 60).fill(0)
    await each(times, 8, () => vanish(stage, tally))
    await each(times, 8, () => finish(stage, tally))
    // Nobody may take forever to say what he wants; how long he may take is the camera's affair.
    for (const wire of [stranger, verified]) {
      tally.expect('a request that never ends', labelOf(await wire.next()), ['closed'])
    }
  },
}

/** Asks and asks, and never reads an answer: the camera has to stop reading, too. */
async function deaf(stage: Stage, tally: Tally, who: string, wire: Wire, bytes: Uint8Array) {
  const before = await stage.camera.residentBytes()
  let most = before
  wire.socket.pause()
  for (let sent = 0; sent < REQUESTS && !isStuck(wire); sent += BATCH) {
    for (let i = 0; i < BATCH; i++) wire.send(bytes)
    await stage.fence()
    most = Math.max(most, await stage.camera.residentBytes())
  }
  const grown = most - before
  tally.note(`${who} that does not read costs ${(grown / 1024 / 1024).toFixed(1)} MB`)
  tally.expect(`memory of ${who}`, grown > MEMORY_MARGIN ? 'unbounded' : 'bounded', ['bounded'])
  await wire.drop()
  await stage.fence()
}

/** More than what the kernel buffers waits on our side: the camera reads no more. */
function isStuck({ socket, isClosed }: Wire): boolean {
  return isClosed || socket.writableLength > 256 * 1024
}

/** RST while requests are being answered. */
async function vanish(stage: Stage, tally: Tally): Promise<void> {
  const wire = await stage.verified()
  const write = put([{ aid: 1, iid: stage.nightVision, ev: true }])
  for (let i = 0; i < 10; i++) wire.send(Buffer.concat([ACCESSORIES, write]))
  wire.reset()
  await wire.closed
  tally.count('reset')
}

/** FIN behind a request: answered or not, the connection ends. */
async function finish(stage: Stage, tally: Tally): Promise<void> {
  const wire = await stage.verified()
  wire.send(ACCESSORIES)
  wire.finish()
  tally.expect('FIN behind a request', await stage.outcome(wire), ['200', 'closed'])
}
