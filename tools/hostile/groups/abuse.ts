import { answered } from '../harness/controller.ts'
import type { Group } from '../harness/group.ts'
import { put, writableIds } from '../harness/honest.ts'
import { labelOf } from '../harness/label.ts'
import { request } from '../harness/request.ts'
import type { Stage } from '../harness/stage.ts'
import type { Tally } from '../harness/tally.ts'
import type { Wire } from '../harness/wire.ts'

const STORM = 500
const SESSIONS = 33
/** HAP asks for eight at least. */
const PROMISED = 8

const NONSENSE: readonly unknown[] = [
  {},
  [],
  [[]],
  '!!!!',
  'x'.repeat(30_000),
  '\ud800',
  Buffer.alloc(24_000, 0x5a).toString('base64'),
  Buffer.alloc(200, 0xff).toString('base64'),
  Buffer.from('0100'.repeat(50), 'hex').toString('base64'),
  -1,
  1.5,
  1e308,
  2 ** 64,
]

/** What a verified controller may ask for, far too often and far too much of it. */
export const abuse: Group = {
  name: 'verified controllers that ask too much',
  on: 'paired camera',
  async run(stage, tally) {
    const wire = await stage.verified()
    await storms(stage, tally, wire)
    await timedWrites(stage, tally, wire)
    await manyIds(stage, tally)
    for (const iid of await writableIds(wire)) {
      for (const value of NONSENSE) {
        const label = await ask(wire, put([{ aid: 1, iid, value, r: true }]))
        tally.expect(`${JSON.stringify(value).slice(0, 20)} to 1.${iid}`, label, ['207'])
      }
    }
    await wire.drop()
    await manySessions(stage, tally)
  },
}

/** The same request again and again, in one piece. */
async function storms(stage: Stage, tally: Tally, wire: Wire): Promise<void> {
  const iid = stage.nightVision
  const toggles = Array.from({ length: 100 }, (_, i) => ({ aid: 1, iid, ev: i % 2 === 0 }))
  await storm(tally, wire, 'subscriptions', put(toggles), '204')
  await storm(tally, wire, 'preparations', request('PUT', '/prepare', { ttl: 1, pid: 1 }), '200')
  await storm(tally, wire, 'writes', put([{ aid: 1, iid, value: true }]), '204', 50)
}

async function storm(
  tally: Tally,
  wire: Wire,
  name: string,
  bytes: Uint8Array,
  expected: string,
  count: number = STORM,
): Promise<void> {
  wire.send(Buffer.concat(Array(count).fill(bytes)))
  for (let i = 0; i < count; i++) {
    tally.expect(`storm of ${name}`, labelOf(answered(await wire.next())), [expected])
  }
}

async function timedWrites(stage: Stage, tally: Tally, wire: Wire): Promise<void> {
  const write = (pid?: number) =>
    put([{ aid: 1, iid: stage.nightVision, value: true }], pid === undefined ? {} : { pid })
  const prepare = (ttl: number | string) => request('PUT', '/prepare', `{"ttl":${ttl},"pid":7}`)
  const rows: [name: string, steps: [bytes: Uint8Array, ...expected: string[]][]][] = [
    ['without preparation', [[write(7), '207']]],
    [
      'ttl 0',
      [
        [prepare(0), '200', '400'],
        [write(7), '204', '207'],
      ],
    ],
    [
      'ttl 2^53',
      [
        [prepare('9007199254740992'), '200'],
        [write(7), '204'],
      ],
    ],
    [
      'ttl -1',
      [
        [prepare(-1), '400'],
        [write(7), '207'],
      ],
    ],
    [
      'twice',
      [
        [prepare(9999), '200'],
        [write(7), '204'],
        [write(7), '207'],
      ],
    ],
    [
      'another pid',
      [
        [prepare(9999), '200'],
        [write(8), '207'],
        [write(7), '207'],
      ],
    ],
    [
      'an untimed one between',
      [
        [prepare(9999), '200'],
        [write(), '204'],
        [write(7), '204'],
      ],
    ],
  ]
  for (const [name, steps] of rows) {
    for (const [bytes, ...expected] of steps) {
      tally.expect(`timed write, ${name}`, await ask(wire, bytes), expected)
    }
  }
}

/** As many ids as fit, and more. */
async function manyIds(stage: Stage, tally: Tally): Promise<void> {
  const rows: [count: number, ...expected: string[]][] = [
    [1000, '200'],
    [8000, '200', 'closed'],
    [10_000, '200', 'closed'],
  ]
  for (const [count, ...expected] of rows) {
    const wire = await stage.verified()
    const ids = Array(count).fill(`1.${stage.nightVision}`).join()
    wire.send(request('GET', `/characteristics?id=${ids}`))
    await wire.heard()
    tally.expect(`${count} ids`, await stage.outcome(wire), expected)
  }
}

/** One controller on as many connections as there are; when they end there is room again. */
async function manySessions(stage: Stage, tally: Tally): Promise<void> {
  // It would be one of them.
  await stage.close()
  const wires: Wire[] = []
  for (let i = 0; i < SESSIONS; i++) {
    const wire = await stage.verified().catch(() => undefined)
    if (wire !== undefined) wires.push(wire)
    const outcome = wire === undefined ? 'closed' : 'served'
    tally.expect(`session ${i + 1}`, outcome, i < PROMISED ? ['served'] : ['served', 'closed'])
  }
  tally.note(`${wires.length} sessions of one controller at the same time`)
  // Whoever opens too many loses those that were silent longest, or gets no more.
  for (const [i, wire] of wires.entries()) {
    const label = await ask(wire, request('GET', '/characteristics?id='))
    const isOfTheLast = i >= wires.length - PROMISED
    tally.expect('one of many sessions', label, isOfTheLast ? ['204'] : ['204', 'closed'])
  }
  await Promise.all(wires.map(wire => wire.drop()))
}

async function ask(wire: Wire, bytes: Uint8Array): Promise<string> {
  return labelOf(await wire.ask(bytes))
}
