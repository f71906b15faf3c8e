import { connectStream, greeting, keysOf, openStream, writeSetup } from '../evidence/streams.ts'
import type { Experiment, Lab } from '../lab.ts'
import { type ConformRule, unless } from '../rule.ts'
import { describeAnswer } from '../wire/answers.ts'
import { RawStream } from '../wire/raw-stream.ts'

import { CLOSE_MS, EXPIRY_MS, hdsRule, streamRule } from './hds-rule.ts'

/** Sessions that nobody uses take ten seconds to go: they wait beside each other. */
const expiries: Experiment<{ unused: string | undefined; silent: boolean }> = {
  name: 'wait for unused data streams to end',
  rule: 'unused-setup-expires',
  async run(lab) {
    const [first, second] = [await lab.connect(), await lab.connect()]
    const prepared = keysOf(lab, first, await writeSetup(lab, first))
    const quiet = await connectStream(lab, second)
    const [silent] = await Promise.all([
      quiet.closesWithin(EXPIRY_MS),
      new Promise(resolve => setTimeout(resolve, EXPIRY_MS)),
    ])
    const unused = await lateHello(lab, prepared)
    first.close()
    second.close()
    return { unused, silent }
  },
}

/** @returns What is wrong when a session that expired is used all the same. */
async function lateHello(
  lab: Lab,
  { address, keys }: ReturnType<typeof keysOf>,
): Promise<string | undefined> {
  try {
    const stream = await RawStream.connect(address, keys, lab)
    stream.write(stream.requestFrame('control', 'hello', {}, 4711))
    const answer = await stream.messages.poll(1500).catch(() => undefined)
    stream.close()
    return answer === undefined ? undefined : 'hello was answered after 13 s'
  } catch {
    return undefined
  }
}

/** The data stream, up to hello. */
export const hdsRules: readonly ConformRule[] = [
  hdsRule(
    {
      name: 'hello-answered',
      severity: 'must',
      checks: 'hello is answered with its own id and status 0, also when the id needs eight bytes',
      matters: 'every other recording fails: hubs draw the id at random',
      source: 'observed: an Apple home hub uses 2457972595',
    },
    async lab => {
      const { hello, helloId } = await lab.get(greeting)
      const { header, head, at } = hello
      const isWell =
        header.kind === 'response' && header.protocol === 'control' && header.topic === 'hello'
      if (!isWell || BigInt(header.id) !== helloId)
        return { text: 'the answer is to something else', bytes: head, at }
      return unless(header.status === 0, `the status is ${header.status}`, { bytes: head, at })
    },
  ),
  hdsRule(
    {
      name: 'hello-answer-empty',
      severity: 'should',
      checks: 'the answer to hello has an empty message',
      matters: 'hubs begin to negotiate versions and wait for answers',
      source: 'observed: Apple home hub',
    },
    async lab => {
      const { hello } = await lab.get(greeting)
      return unless(hello.message.size === 0, `it has ${[...hello.message.keys()].join(', ')}`, {
        bytes: hello.head,
        at: hello.at,
      })
    },
  ),
  streamRule(
    {
      name: 'hello-in-pieces',
      severity: 'must',
      checks: 'hello is answered when it comes byte by byte',
      matters: 'recordings fail now and then over a bad network',
      source: 'RFC 9293; observed: frames are cut anywhere',
    },
    async stream => {
      for (const byte of stream.requestFrame('control', 'hello', {}, 900)) {
        stream.write(Uint8Array.of(byte))
        await new Promise(resolve => setImmediate(resolve))
      }
      await stream.response(900)
      return undefined
    },
  ),
  streamRule(
    {
      name: 'hello-with-id-39',
      severity: 'should',
      checks: 'a request with the id 39, which is the last that fits into one byte, is answered',
      matters: 'one recording in forty has no beginning on hubs that count',
      source: 'observed: OPACK of Apple devices writes 2f',
    },
    async stream => {
      const bytes = [
        0xe3,
        ...text('protocol'),
        ...text('control'),
        ...text('request'),
        ...text('hello'),
        ...text('id'),
        0x2f,
      ]
      stream.write(stream.frame(Uint8Array.of(bytes.length, ...bytes, 0xe0)))
      const answer = await stream.messages.poll(CLOSE_MS).catch(() => undefined)
      const isWell = answer?.header.kind === 'response' && Number(answer.header.id) === 39
      return unless(
        isWell,
        answer === undefined ? 'no answer' : 'the answer is to something else',
        { bytes: Uint8Array.from(bytes), offset: bytes.length - 1 },
      )
    },
    { isDestructive: true },
  ),
  streamRule(
    {
      name: 'hello-comes-first',
      severity: 'must',
      checks: 'a connection whose first message is something else than hello is closed',
      matters: 'whoever finds the port keeps the camera busy',
      source: 'observed: HAP-NodeJS 1.2.0; cameras',
    },
    async stream => {
      stream.write(
        stream.requestFrame(
          'dataSend',
          'open',
          { type: 'ipcamera.recording', target: 'controller', streamId: 1 },
          901,
        ),
      )
      return unless(await stream.closesWithin(CLOSE_MS), 'the connection was still open after 3 s')
    },
  ),
  hdsRule(
    {
      name: 'stream-needs-its-keys',
      severity: 'must',
      checks: 'a connection whose first frame is sealed with other keys is closed',
      matters: 'whoever finds the port keeps the camera busy',
      source: 'observed: HAP-NodeJS 1.2.0; cameras',
    },
    async lab => {
      const session = await lab.connect()
      const { address, keys } = keysOf(lab, session, await writeSetup(lab, session))
      const wrong = { ...keys, controllerToAccessory: lab.crypto.random(32) }
      const stream = await RawStream.connect(address, wrong, lab)
      stream.write(stream.requestFrame('control', 'hello', {}, 902))
      const isClosed = await stream.closesWithin(CLOSE_MS)
      stream.close()
      session.close()
      return unless(isClosed, 'the connection was still open after 3 s')
    },
    { isDestructive: true },
  ),
  hdsRule(
    {
      name: 'unused-setup-expires',
      severity: 'should',
      checks: 'a data stream that nobody connects to expires after about 10 s',
      matters: 'hubs that went away leave nothing for those that stay',
      source: 'observed: HAP-NodeJS 1.2.0; cameras',
    },
    async lab => {
      const { unused } = await lab.get(expiries)
      return unless(unused === undefined, unused ?? '')
    },
  ),
  hdsRule(
    {
      name: 'silent-stream-expires',
      severity: 'should',
      checks: 'a connection that says no hello is closed after about 10 s',
      matters: 'hubs that went away leave nothing for those that stay',
      source: 'observed: HAP-NodeJS 1.2.0; cameras',
    },
    async lab =>
      unless((await lab.get(expiries)).silent, 'the connection was still open after 13 s'),
  ),
  hdsRule(
    {
      name: 'stream-ends-with-its-session',
      severity: 'must',
      checks: 'the data stream is closed when the connection that set it up is',
      matters: 'the camera stays busy with a hub that is gone',
      source: 'observed: HAP-NodeJS 1.2.0; cameras',
    },
    async lab => {
      const session = await lab.connect()
      const stream = await openStream(lab, session)
      session.close()
      const isClosed = await stream.closesWithin(CLOSE_MS)
      stream.close()
      return unless(isClosed, 'the data stream was still open after 3 s')
    },
  ),
  hdsRule(
    {
      name: 'unknown-request-harmless',
      severity: 'must',
      checks: 'a request of an unknown protocol leaves the data stream as it is',
      matters: 'newer hubs, which ask for more, get no recordings',
      source: 'observed: hubs ask for ipcamera.snapshot and versions',
    },
    async lab => {
      const session = await lab.connect()
      try {
        const stream = await openStream(lab, session)
        stream.write(stream.requestFrame('noSuchProtocol', 'ask', {}, 903))
        await stream.closesWithin(500)
        if (stream.isClosed) return { text: 'the connection was closed' }
        await stream.request('dataSend', 'open', {
          type: 'ipcamera.nothing',
          target: 'controller',
          streamId: 9,
        })
        return undefined
      } finally {
        session.close()
      }
    },
  ),
  streamRule(
    {
      name: 'undecodable-message-survived',
      severity: 'must',
      checks:
        'after a frame that holds no message the camera still answers on its other connections',
      matters: 'the camera is gone until somebody restarts it',
      source: 'RFC 9413 §4; observed: hubs of newer versions',
    },
    async (stream, session) => {
      stream.write(stream.frame(Uint8Array.of(1, 0xff, 0xff)))
      await stream.closesWithin(CLOSE_MS)
      const answer = await session.request('GET', '/characteristics?id=1.2')
      return unless(answer.status < 500, describeAnswer(answer), { at: answer.at })
    },
    { isDestructive: true },
  ),
]

function text(word: string): number[] {
  return [0x40 + word.length, ...Buffer.from(word)]
}
