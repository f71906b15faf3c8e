import { encodePairingsRequest } from '@hksv/hap'

import { isHubError } from '../../errors.ts'
import { characteristicIn, database } from '../evidence/database.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, unless } from '../rule.ts'
import { type Answer, describeAnswer, entriesOf, jsonOf } from '../wire/answers.ts'
import type { RawSession } from '../wire/raw-session.ts'

const CLOSE_MS = 3000
const HINT = '“No Response”, now and then or always'

/** What a stranger is told, who did not verify. */
async function asStranger(
  lab: Lab,
  method: string,
  path: string,
  body?: object | Uint8Array,
): Promise<Fault | undefined> {
  await lab.get(database)
  const session = await lab.open()
  try {
    const answer = await session.request(method, path, body)
    return unless(answer.status >= 400, describeAnswer(answer), {
      bytes: answer.body,
      at: answer.at,
    })
  } catch (error) {
    // To hang up is an answer, too.
    if (isHubError(error) && error.code === 'HUB_CONNECTION_LOST') return undefined
    throw error
  } finally {
    session.close()
  }
}

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

function strangerRule(
  words: Words,
  ...request: [string, string, (object | Uint8Array)?]
): ConformRule {
  return {
    group: 'session',
    needs: ['paired'],
    ...words,
    judge: lab => asStranger(lab, ...request),
  }
}

function sessionRule(
  words: Words,
  judge: (session: RawSession, lab: Lab) => Promise<Fault | undefined>,
): ConformRule {
  return {
    group: 'session',
    needs: ['paired'],
    ...words,
    async judge(lab) {
      await lab.get(database)
      const session = await lab.connect()
      try {
        return await judge(session, lab)
      } finally {
        session.close()
      }
    },
  }
}

/** The id of something every accessory has: its name. */
async function nameQuery(lab: Lab): Promise<string> {
  const { aid, iid } = await characteristicIn(lab, 'accessoryInformation', 'name')
  return `/characteristics?id=${aid}.${iid}`
}

function isReading(answer: Answer): boolean {
  return answer.status === 200 && entriesOf(answer).length === 1
}

const write = { characteristics: [{ aid: 1, iid: 2, value: true }] }
const picture = { 'image-width': 320, 'image-height': 240, 'resource-type': 'image' }

/** Connections: who may ask, and how bytes travel. */
export const sessionRules: readonly ConformRule[] = [
  strangerRule(
    {
      name: 'stranger-gets-no-database',
      severity: 'must',
      checks: 'GET /accessories without pair-verify is refused',
      matters: 'everybody on the network reads what the camera is',
      source: 'HAP-R2 §6.6; observed: 470 Connection Authorization Required',
    },
    'GET',
    '/accessories',
  ),
  strangerRule(
    {
      name: 'stranger-reads-nothing',
      severity: 'must',
      checks: 'GET /characteristics without pair-verify is refused',
      matters: 'everybody on the network learns whether something moves',
      source: 'HAP-R2 §6.7',
    },
    'GET',
    '/characteristics?id=1.2',
  ),
  strangerRule(
    {
      name: 'stranger-writes-nothing',
      severity: 'must',
      checks: 'PUT /characteristics without pair-verify is refused',
      matters: 'everybody on the network can switch the camera off',
      source: 'HAP-R2 §6.7',
    },
    'PUT',
    '/characteristics',
    write,
  ),
  strangerRule(
    {
      name: 'stranger-gets-no-picture',
      severity: 'must',
      checks: 'POST /resource without pair-verify is refused',
      matters: 'everybody on the network sees the pictures',
      source: 'HAP-R2 §11.5',
    },
    'POST',
    '/resource',
    picture,
  ),
  strangerRule(
    {
      name: 'stranger-prepares-nothing',
      severity: 'should',
      checks: 'PUT /prepare without pair-verify is refused',
      matters: 'nothing yet: but it is none of a stranger’s business',
      source: 'HAP-R2 §6.7.2.4',
    },
    'PUT',
    '/prepare',
    { ttl: 1000, pid: 1 },
  ),
  strangerRule(
    {
      name: 'stranger-manages-no-pairings',
      severity: 'must',
      checks: 'POST /pairings without pair-verify is refused',
      matters: 'everybody on the network can shut the owner out',
      source: 'HAP-R2 §5.10',
    },
    'POST',
    '/pairings',
    encodePairingsRequest({ method: 'list' }),
  ),
  sessionRule(
    {
      name: 'records-of-1024-bytes',
      severity: 'must',
      checks: 'no record of the camera holds more than 1024 bytes',
      matters: HINT,
      source: 'HAP-R2 §6.5.2',
    },
    async session => {
      await session.request('GET', '/accessories')
      return unless(session.longestRecord <= 1024, `a record of ${session.longestRecord} bytes`)
    },
  ),
  sessionRule(
    {
      name: 'records-of-one-byte',
      severity: 'must',
      checks: 'a request in records of one byte each is answered',
      matters: HINT,
      source: 'HAP-R2 §6.5.2: 1 to 1024 bytes',
    },
    async (session, lab) => {
      session.write(session.seal(session.message('GET', await nameQuery(lab)), 1))
      const answer = await session.answers.take(10_000)
      return unless(isReading(answer), describeAnswer(answer), { at: answer.at })
    },
  ),
  sessionRule(
    {
      name: 'records-cut-anywhere',
      severity: 'must',
      checks: 'requests are answered wherever TCP cuts their records, lengths and tags included',
      matters: HINT,
      source: 'HAP-R2 §6.5.2; RFC 9293',
    },
    async (session, lab) => {
      const path = await nameQuery(lab)
      for (const cut of [1, 2, 3, 17, -1, -16, -17]) {
        const bytes = session.seal(session.message('GET', path))
        session.write(bytes.subarray(0, cut))
        await new Promise(resolve => setTimeout(resolve, 20))
        session.write(bytes.subarray(cut < 0 ? bytes.length + cut : cut))
        const answer = await session.answers.take(10_000)
        const fault = unless(isReading(answer), describeAnswer(answer), {
          offset: cut,
          at: answer.at,
        })
        if (fault !== undefined) return fault
      }
      return undefined
    },
  ),
  sessionRule(
    {
      name: 'requests-in-one-segment',
      severity: 'should',
      checks: 'two requests that come together are both answered, in their order',
      matters: HINT,
      source: 'RFC 9112 §9.3.2',
    },
    async (session, lab) => {
      const path = await nameQuery(lab)
      const first = session.seal(session.message('GET', path))
      session.write(Buffer.concat([first, session.seal(session.message('GET', '/accessories'))]))
      const answer = await session.answers.take(10_000)
      const second = await session.answers.take(10_000)
      if (!isReading(answer)) return { text: `first came ${describeAnswer(answer)}`, at: answer.at }
      const json = jsonOf(second)
      const isDatabase = typeof json === 'object' && json !== null && 'accessories' in json
      return unless(isDatabase, `then came ${describeAnswer(second)}`, { at: second.at })
    },
  ),
  sessionRule(
    {
      name: 'many-requests-on-one-connection',
      severity: 'must',
      checks: 'forty requests after each other are answered on one connection',
      matters: 'the camera drops out of Home again and again',
      source: 'HAP-R2 §6.2.3: connections are persistent',
    },
    async (session, lab) => {
      const path = await nameQuery(lab)
      for (let i = 0; i < 40; i++) {
        const answer = await session.request('GET', path)
        const fault = unless(isReading(answer), `request ${i + 1}: ${describeAnswer(answer)}`, {
          at: answer.at,
        })
        if (fault !== undefined) return fault
      }
      return undefined
    },
  ),
  sessionRule(
    {
      name: 'damaged-record-ends-connection',
      severity: 'must',
      checks: 'a record whose tag does not hold ends the connection',
      matters: 'whoever sits in between can try what he likes',
      source: 'HAP-R2 §6.5.2',
    },
    async (session, lab) => {
      const bytes = session.seal(session.message('GET', await nameQuery(lab)))
      const last = bytes.length - 1
      bytes[last] = (bytes[last] ?? 0) ^ 1
      session.write(bytes)
      const isClosed = await session.closesWithin(CLOSE_MS)
      const [answer] = session.answers.seen.slice(2)
      if (answer !== undefined)
        return { text: `it was answered: ${describeAnswer(answer)}`, at: answer.at }
      return unless(isClosed, 'the connection was still open after 3 s', { bytes, offset: last })
    },
  ),
  sessionRule(
    {
      name: 'oversize-record-ends-connection',
      severity: 'should',
      checks: 'a record that announces more than 1024 bytes ends the connection',
      matters: 'a peer can make the camera keep any amount of bytes',
      source: 'HAP-R2 §6.5.2',
    },
    async session => {
      const bytes = Uint8Array.of(0xff, 0xff, ...new Array(2000).fill(0))
      session.write(bytes)
      const isClosed = await session.closesWithin(CLOSE_MS)
      return unless(isClosed, 'the connection was still open after 3 s', { bytes, offset: 0 })
    },
  ),
  sessionRule(
    {
      name: 'unknown-path-refused',
      severity: 'should',
      checks: 'an unknown path is answered with an error, and the connection goes on',
      matters: 'newer controllers lose the connection when they ask for something new',
      source: 'RFC 9110 §15.5.5; observed: Apple’s accessory kit answers 404',
    },
    async (session, lab) => {
      const answer = await session.request('GET', '/no-such-thing')
      if (answer.status < 400) return { text: describeAnswer(answer), at: answer.at }
      const next = await session.request('GET', await nameQuery(lab))
      return unless(isReading(next), `then: ${describeAnswer(next)}`, { at: next.at })
    },
  ),
  {
    name: 'eight-connections',
    group: 'session',
    severity: 'must',
    checks: 'at least eight verified connections are served at the same time',
    matters: 'with several phones and hubs in a home some see “No Response”',
    source: 'HAP-R2 §6.2.3',
    needs: ['paired'],
    async judge(lab) {
      const path = await nameQuery(lab)
      const sessions: RawSession[] = []
      try {
        for (let i = 0; i < 8; i++) sessions.push(await lab.connect())
        const answers = await Promise.all(sessions.map(session => session.request('GET', path)))
        const odd = answers.find(answer => !isReading(answer))
        return unless(odd === undefined, odd === undefined ? '' : describeAnswer(odd))
      } finally {
        for (const session of sessions) session.close()
      }
    },
  },
  {
    name: 'idle-strangers-shut-nobody-out',
    group: 'session',
    severity: 'must',
    checks: 'twenty connections that never ask anything keep no controller away',
    matters: 'a port scanner in the network makes the camera unreachable',
    source: 'observed: cameras with a small limit of connections',
    needs: ['paired'],
    async judge(lab) {
      const path = await nameQuery(lab)
      const strangers: RawSession[] = []
      try {
        for (let i = 0; i < 20; i++) strangers.push(await lab.open())
        const session = await lab.connect()
        const answer = await session.request('GET', path)
        session.close()
        return unless(isReading(answer), describeAnswer(answer), { at: answer.at })
      } finally {
        for (const session of strangers) session.close()
      }
    },
  },
]
