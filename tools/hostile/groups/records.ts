import { answered } from '../harness/controller.ts'
import { Frames } from '../harness/frames.ts'
import { beforeM3 } from '../harness/glued.ts'
import type { Group } from '../harness/group.ts'
import { recordedRandom } from '../harness/random.ts'
import { request } from '../harness/request.ts'
import type { Stage } from '../harness/stage.ts'
import type { Wire } from '../harness/wire.ts'

const GET = request('GET', '/characteristics?id=')
const ZEROS = 10_000

interface Row {
  readonly name: string
  readonly expected: readonly string[]
  send(wire: Wire, frames: Frames): void
}

const CLOSED = ['closed']
const random = recordedRandom('records')

/** Records that are out of order, out of bounds, or of somebody else. */
const rows: readonly Row[] = [
  {
    name: 'the same record twice',
    expected: ['204', 'closed'],
    send(wire, frames) {
      const record = frames.next(GET)
      wire.write(Buffer.concat([record, record]))
    },
  },
  {
    name: 'two records in the wrong order',
    expected: CLOSED,
    send(wire, frames) {
      const [first, second] = [frames.next(GET), frames.next(GET)]
      wire.write(Buffer.concat([second, first]))
    },
  },
  {
    name: 'a record left out',
    expected: CLOSED,
    send(wire, frames) {
      frames.next(GET)
      wire.write(frames.next(GET))
    },
  },
  ...[1025, 2048, 32_768, 65_535].map(length => ({
    name: `a length of ${length}`,
    expected: CLOSED,
    send: (wire: Wire, frames: Frames) => wire.write(frames.next(Buffer.alloc(length, 0x20))),
  })),
  {
    name: 'a length of 65,535 alone',
    expected: CLOSED,
    send: wire => wire.write(Uint8Array.of(0xff, 0xff)),
  },
  {
    name: 'a length that is not the one',
    expected: CLOSED,
    send: (wire, frames) => wire.write(frames.next(GET, GET.length - 1)),
  },
  {
    name: 'a record of 1,024',
    expected: ['204'],
    send(wire, frames) {
      const head = GET.subarray(0, -2)
      wire.write(frames.next(`${head}X: ${'x'.repeat(1024 - head.length - 7)}\r\n\r\n`))
    },
  },
  {
    name: 'a record for each byte',
    expected: ['204'],
    send: (wire, frames) => {
      for (const byte of GET) wire.write(frames.next(Uint8Array.of(byte)))
    },
  },
  {
    name: `${ZEROS} empty records`,
    expected: ['204', 'closed'],
    send(wire, frames) {
      const empty = Array.from({ length: ZEROS }, () => frames.next(''))
      wire.write(Buffer.concat([...empty, frames.next(GET)]))
    },
  },
  {
    name: 'an empty record with a wrong tag',
    expected: CLOSED,
    send: wire => wire.write(new Uint8Array(18)),
  },
  {
    name: 'a record of another key',
    expected: CLOSED,
    send: wire => wire.write(new Frames(random(32)).next(GET)),
  },
  { name: 'HTTP in the clear', expected: CLOSED, send: wire => wire.write(GET) },
  {
    name: 'HTTP in the clear behind a record',
    expected: ['204', 'closed'],
    send: (wire, frames) => wire.write(Buffer.concat([frames.next(GET), GET])),
  },
  {
    name: 'pair-verify in a record',
    expected: ['400'],
    send: (wire, frames) =>
      wire.write(frames.next(request('POST', '/pair-verify', new Uint8Array(37)))),
  },
  {
    name: 'pair-setup in a record',
    expected: ['400'],
    send: (wire, frames) =>
      wire.write(frames.next(request('POST', '/pair-setup', new Uint8Array(6)))),
  },
  ...['EVENT/1.0', 'HTTP/1.1'].map(protocol => ({
    name: `${protocol} 200 in a record`,
    expected: CLOSED,
    send: (wire: Wire, frames: Frames) =>
      wire.write(frames.next(`${protocol} 200 OK\r\nContent-Length: 0\r\n\r\n`)),
  })),
]

interface GluedRow {
  readonly name: string
  readonly expected: readonly string[]
  behind(frames: Frames): Buffer
  /** How many bytes of it stand there; the rest follows when they have been read. */
  readonly cut?: number
}

/** What stands in the same segment behind M3 of pair-verify. */
const glued: readonly GluedRow[] = [
  { name: 'a record behind M3', expected: ['M4+204'], behind: frames => frames.next(GET) },
  { name: 'HTTP in the clear behind M3', expected: ['M4', 'closed'], behind: () => GET },
  {
    name: 'nonsense behind M3',
    expected: ['M4', 'closed'],
    behind: () => Buffer.alloc(2048, 0xff),
  },
  {
    name: 'half a record behind M3',
    expected: ['M4+204'],
    behind: frames => frames.next(GET),
    cut: 20,
  },
]

/** The record layer against a controller that has its keys, and misuses them. */
export const records: Group = {
  name: 'records',
  on: 'paired camera',
  async run(stage, tally) {
    for (const { name, expected, send } of rows) {
      const { wire, m3, keys } = await beforeM3(stage)
      answered(await wire.ask(m3))
      wire.secure(keys)
      send(wire, new Frames(keys.controllerToAccessory))
      tally.expect(name, await stage.outcome(wire), expected)
    }
    for (const row of glued) tally.expect(row.name, await glue(stage, row), row.expected)
  },
}

async function glue(stage: Stage, { behind, cut }: GluedRow): Promise<string> {
  const { wire, m3, keys } = await beforeM3(stage)
  wire.openBehindAnswer(keys)
  const bytes = behind(new Frames(keys.controllerToAccessory))
  wire.write(Buffer.concat([m3, bytes.subarray(0, cut)]))
  await stage.fence()
  if (cut !== undefined) wire.write(bytes.subarray(cut))
  return stage.outcome(wire)
}
