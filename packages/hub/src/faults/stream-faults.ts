import { dataSendReason, hdsStatus } from '@hksv/hds'

import type { RawStream } from '../conform/wire/raw-stream.ts'
import { type Fault, type FaultSite, healthy, sick } from './fault.ts'
import { closed } from './setup-faults.ts'
import { askToRecord, connectStream, type Fields, recording, sayHello } from './stream.ts'

const CLOSE_MS = 5000
const BAD_MESSAGES = 8
const FRAMES = 'HomeKit Data Stream: a frame that cannot be trusted ends the connection'
const OPENING = 'HomeKit Data Stream: dataSend open, refusals'
const { protocolSpecificError, success } = hdsStatus
const { unsupported, unexpectedFailure, busy } = dataSendReason

/** Bytes that no hub should send, and recordings that no camera should grant. */
export const streamFaults: readonly Fault[] = [
  spoilt('long-frame', 'announces a frame of 16 MiB while it records', stream =>
    stream.write(Uint8Array.of(1, 0xff, 0xff, 0xff)),
  ),
  spoilt('wrong-frame-type', 'sends a frame of type 2 while it records', stream =>
    stream.write(Uint8Array.of(2, 0, 0, 1, ...new Uint8Array(17))),
  ),
  spoilt('skipped-counter', 'leaves out a frame number while it records', stream => {
    stream.frame(Uint8Array.of(0))
    stream.event('close', { streamId: 1, reason: 0 })
  }),
  {
    name: 'bad-messages',
    does: `sends ${BAD_MESSAGES} messages that are none while it records`,
    expects: 'passes them over or closes the data stream, and lives',
    source: 'HomeKit Data Stream: OPACK that cannot be read',
    async inject({ client, signal }) {
      const stream = await recording({ client, ...(signal && { signal }) })
      for (let i = 0; i < BAD_MESSAGES; i++)
        stream.write(stream.frame(Uint8Array.of(0, 0xe0, 0xe0)))
      const { came } = await closed(stream, 1000)
      return healthy(came)
    },
  },
  {
    name: 'wrong-target',
    does: 'opens a recording for the target "accessory"',
    expects: 'refuses it as unsupported (4) or a failure (5), and grants the next',
    source: OPENING,
    inject: wrongTarget,
  },
  {
    name: 'second-open',
    does: 'opens a second recording on the same connection while one runs',
    expects: 'answers that it is busy (2)',
    source: OPENING,
    async inject(site) {
      const stream = await recording(site)
      try {
        return await refused(stream, { streamId: 2 }, [busy])
      } finally {
        stream.close()
      }
    },
  },
]

function spoilt(name: string, does: string, act: (stream: RawStream) => void): Fault {
  return {
    name,
    does,
    expects: 'closes the data stream',
    source: FRAMES,
    async inject(site) {
      const stream = await recording(site)
      act(stream)
      return closed(stream, CLOSE_MS)
    },
  }
}

async function wrongTarget({ client, signal }: FaultSite) {
  const stream = await connectStream(client, signal)
  try {
    await sayHello(stream)
    const fields = { streamId: 1, target: 'accessory' }
    const outcome = await refused(stream, fields, [unsupported, unexpectedFailure])
    if (!outcome.isHealthy) return outcome
    const { status, reason } = await askToRecord(stream, { streamId: 2 })
    return status === success
      ? healthy(`${outcome.came}, and granted the next`)
      : sick(`${outcome.came}, and the next with status ${status}, ${reason}`)
  } finally {
    stream.close()
  }
}

/** Whether a recording is refused for one of these reasons. */
async function refused(stream: RawStream, fields: Fields, reasons: readonly number[]) {
  const { status, reason } = await askToRecord(stream, fields)
  const came = `it answered with status ${status}, ${String(reason)}`
  const isRefused = status === protocolSpecificError && reasons.some(each => each === reason)
  return isRefused ? healthy(came) : sick(came)
}
