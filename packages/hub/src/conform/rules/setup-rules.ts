import { decodeItems } from '@hksv/tlv8'

import { cameraCharacteristic } from '../evidence/database.ts'
import { entryFor, get, readValue, writeStatus } from '../evidence/requests.ts'
import { type SetUp, setup, writeSetup } from '../evidence/streams.ts'
import { type ConformRule, unless } from '../rule.ts'
import { describeAnswer } from '../wire/answers.ts'

import { hdsRule, NO_CLIPS } from './hds-rule.ts'

function itemOf({ bytes }: SetUp, type: number): Uint8Array | undefined {
  try {
    return decodeItems(bytes).find(item => item.type === type)?.value
  } catch {
    return undefined
  }
}

/** What is wrong with a setup that has to be refused. */
function badSetup(
  name: string,
  checks: string,
  change: (request: Uint8Array) => Uint8Array,
): ConformRule {
  const words = {
    name,
    severity: 'must',
    checks,
    matters: 'a hub that makes a mistake waits for a data stream that cannot work',
    source: 'observed: HAP-NodeJS 1.2.0 and cameras',
  } as const
  return hdsRule(words, async lab => {
    const session = await lab.connect()
    try {
      const { answer, bytes } = await writeSetup(lab, session, change)
      const characteristic = await cameraCharacteristic(
        lab,
        'transport',
        'setupDataStreamTransport',
      )
      const status = writeStatus(answer, characteristic)
      const isRefused =
        answer.status === 400 || (status !== undefined && status !== 0) || (bytes[2] ?? 0) !== 0
      return unless(isRefused, describeAnswer(answer), { bytes, at: answer.at })
    } finally {
      session.close()
    }
  })
}

/** How a data stream is set up. */
export const setupRules: readonly ConformRule[] = [
  hdsRule(
    {
      name: 'setup-has-write-response',
      severity: 'must',
      checks: 'a write of SetupDataStreamTransport with r is answered with 207 and a value',
      matters: NO_CLIPS,
      source: 'HAP-R2 §6.7.2.1',
    },
    async lab => {
      const { setUp } = await lab.get(setup)
      const { answer, bytes } = setUp
      return unless(answer.status === 207 && bytes.length > 0, describeAnswer(answer), {
        bytes: answer.body,
        at: answer.at,
      })
    },
  ),
  hdsRule(
    {
      name: 'setup-succeeds',
      severity: 'must',
      checks: 'a data stream can be set up, and connected to',
      matters: NO_CLIPS,
      source: 'HAP-R2 §11.3; observed: home hubs',
    },
    async lab => {
      await lab.get(setup)
      return undefined
    },
  ),
  hdsRule(
    {
      name: 'setup-salt-32-bytes',
      severity: 'must',
      checks: 'the salt of the accessory has 32 bytes, and is another one each time',
      matters: NO_CLIPS,
      source: 'observed: home hubs; cameras',
    },
    async lab => {
      const session = await lab.connect()
      const [first, second] = [await writeSetup(lab, session), await writeSetup(lab, session)]
      session.close()
      const [a, b] = [itemOf(first, 3), itemOf(second, 3)]
      if (a?.length !== 32)
        return { text: `the salt has ${a?.length ?? 'no'} bytes`, bytes: first.bytes }
      return unless(b === undefined || Buffer.compare(a, b) !== 0, 'the same salt came twice', {
        bytes: first.bytes,
      })
    },
  ),
  hdsRule(
    {
      name: 'setup-port-two-bytes',
      severity: 'must',
      checks: 'the port of the write response has two bytes and is not 0',
      matters: NO_CLIPS,
      source: 'observed: home hubs',
    },
    async lab => {
      const session = await lab.connect()
      const setUp = await writeSetup(lab, session)
      session.close()
      const parameters = itemOf(setUp, 2)
      const isWell = parameters?.length === 4 && parameters[0] === 1 && parameters[1] === 2
      const port = ((parameters?.[3] ?? 0) << 8) | (parameters?.[2] ?? 0)
      return unless(isWell && port > 0, 'there is no port in it', { bytes: setUp.bytes })
    },
  ),
  hdsRule(
    {
      name: 'setup-value-hides-salt',
      severity: 'should',
      checks: 'reading SetupDataStreamTransport shows no salt',
      matters: 'other controllers read what only the one that asked should know',
      source: 'observed: HAP-NodeJS 1.2.0',
    },
    async lab => {
      await lab.get(setup)
      const characteristic = await cameraCharacteristic(
        lab,
        'transport',
        'setupDataStreamTransport',
      )
      const answer = await get(await lab.session(), [characteristic])
      const value = entryFor(answer, characteristic)?.value
      const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64')
      return unless(bytes.length < 32, 'a salt is read', { bytes, at: answer.at })
    },
  ),
  hdsRule(
    {
      name: 'transport-supported',
      severity: 'must',
      checks: 'SupportedDataStreamTransportConfiguration offers transport 0, HDS over TCP',
      matters: NO_CLIPS,
      source: 'HAP-R2 §9; observed: cameras',
    },
    async lab => {
      const characteristic = await cameraCharacteristic(
        lab,
        'transport',
        'supportedDataStreamTransportConfiguration',
      )
      const value = await readValue(await lab.session(), characteristic)
      const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64')
      return unless(bytes.toString('hex').includes('0103010100'), 'it does not', {
        bytes,
        offset: 0,
      })
    },
  ),
  badSetup('setup-with-short-salt-refused', 'a setup with a salt of 31 bytes is refused', request =>
    Uint8Array.of(...request.subarray(0, 7), 31, ...request.subarray(8, 39)),
  ),
  badSetup(
    'setup-of-unknown-command-refused',
    'a setup with another command than 0 is refused',
    request => request.map((byte, at) => (at === 2 ? 9 : byte)),
  ),
  badSetup(
    'setup-of-unknown-transport-refused',
    'a setup with another transport than 0 is refused',
    request => request.map((byte, at) => (at === 5 ? 9 : byte)),
  ),
]
