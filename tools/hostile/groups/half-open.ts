import type { Group } from '../harness/group.ts'
import { put } from '../harness/honest.ts'
import { labelOf } from '../harness/label.ts'
import { request } from '../harness/request.ts'
import { each, type Stage } from '../harness/stage.ts'
import type { Tally } from '../harness/tally.ts'
import type { Wire } from '../harness/wire.ts'

const ACCESSORIES = request('GET', '/accessories')
/** Long requests with long answers: the kernel holds some thousand, the camera none. */
const VERIFIED = {
  bytes: `GET /accessories HTTP/1.1\r\nX: ${'x'.repeat(4000)}\r\n\r\n`,
  batch: 200,
}
/** A refusal is short: it takes many to fill what the kernel holds of them. */
const STRANGER = { bytes: ACCESSORIES, batch: 5000 }
const BATCHES = 100
interface Load {
  readonly bytes: string | Uint8Array
  readonly batch: number
}

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
    await deaf(stage, tally, 'a verified peer', await stage.verified(), VERIFIED)
    await deaf(stage, tally, 'a stranger', await stage.stranger(), STRANGER)
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
async function deaf(stage: Stage, tally: Tally, who: string, wire: Wire, load: Load) {
  const before = await stage.camera.residentBytes()
  let most = before
  let sent = 0
  wire.socket.pause()
  for (let i = 0; i < BATCHES && !isStuck(wire); i++) {
    for (let j = 0; j < load.batch; j++) wire.send(load.bytes)
    sent += load.batch
    await stage.fence()
    most = Math.max(most, await stage.camera.residentBytes())
  }
  const grown = most - before
  tally.note(`${who} reads none of ${sent} answers: ${(grown / 1024 / 1024).toFixed(1)} MB`)
  const outcome = `${isStuck(wire) ? 'held up' : 'read on'}, ${grown > MEMORY_MARGIN ? 'unbounded' : 'bounded'}`
  tally.expect(`${who} that does not read`, outcome, ['held up, bounded'])
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
