import {
  byteOf,
  pairing,
  pairingFields,
  pairingType,
  setupM1,
  setupStart,
} from '../evidence/pairing.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, unless } from '../rule.ts'
import { type Answer, describeAnswer } from '../wire/answers.ts'

type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

/** A rule on what the camera answers to the first message of pair-setup. */
function startRule(words: Words, judge: (answer: Answer) => Fault | undefined): ConformRule {
  return {
    group: 'pairing',
    needs: ['unpaired'],
    ...words,
    judge: async lab => judge((await lab.get(setupStart)).first),
  }
}

function errorOf(answer: Answer): number | undefined {
  return byteOf(pairingFields(answer), pairingType.error)
}

function refusal(answer: Answer, wanted: number, name: string): Fault | undefined {
  const error = errorOf(answer)
  const found = error === undefined ? describeAnswer(answer) : `error ${error}`
  return unless(error === wanted, `${found} instead of error ${wanted} (${name})`, {
    bytes: answer.body,
    at: answer.at,
  })
}

/** A first message of pair-setup on a connection of its own. */
async function startSetup(lab: Lab): Promise<Answer> {
  const session = await lab.open()
  try {
    return await session.request('POST', '/pair-setup', setupM1)
  } finally {
    session.close()
  }
}

/** How a camera is paired with. */
export const pairingRules: readonly ConformRule[] = [
  startRule(
    {
      name: 'setup-start-answered',
      severity: 'must',
      checks: 'pair-setup M1 with method 0 is answered with State 2, and without an error',
      matters: 'the camera cannot be added',
      source: 'HAP-R2 §5.6.2',
    },
    answer => {
      const state = byteOf(pairingFields(answer), pairingType.state)
      const isWell = answer.status === 200 && state === 2 && errorOf(answer) === undefined
      return unless(isWell, `${describeAnswer(answer)}`, { bytes: answer.body, at: answer.at })
    },
  ),
  startRule(
    {
      name: 'setup-content-type',
      severity: 'should',
      checks: 'answers of pair-setup are application/pairing+tlv8',
      matters: 'strict controllers do not read them',
      source: 'HAP-R2 §5.6',
    },
    ({ headers }) => {
      const type = headers.get('content-type') ?? ''
      return unless(type.startsWith('application/pairing+tlv8'), `Content-Type is "${type}"`)
    },
  ),
  startRule(
    {
      name: 'setup-salt-16-bytes',
      severity: 'must',
      checks: 'the salt of pair-setup has 16 bytes',
      matters: 'the camera cannot be added: every code is wrong',
      source: 'HAP-R2 §5.6.2',
    },
    answer => {
      const salt = pairingFields(answer).get(pairingType.salt)
      return unless(salt?.length === 16, `the salt has ${salt?.length ?? 'no'} bytes`, {
        bytes: answer.body,
      })
    },
  ),
  startRule(
    {
      name: 'setup-public-key-fits',
      severity: 'must',
      checks: 'the public key of pair-setup has up to 384 bytes and is not zero',
      matters: 'the camera cannot be added',
      source: 'HAP-R2 §5.6.2, RFC 5054',
    },
    answer => {
      const key = pairingFields(answer).get(pairingType.publicKey) ?? new Uint8Array(0)
      const isWell = key.length > 0 && key.length <= 384 && key.some(byte => byte !== 0)
      return unless(isWell, `the public key has ${key.length} bytes`, { bytes: answer.body })
    },
  ),
  {
    name: 'setup-busy-for-the-second',
    group: 'pairing',
    severity: 'should',
    checks: 'a second controller that begins pair-setup meanwhile is told Busy (7)',
    matters: 'two phones that add the camera at once both fail',
    source: 'HAP-R2 §5.6.2',
    needs: ['unpaired'],
    judge: async lab => refusal((await lab.get(setupStart)).second, 7, 'Busy'),
  },
  {
    name: 'setup-message-out-of-turn',
    group: 'pairing',
    severity: 'must',
    checks: 'pair-setup M3 without M1 is refused',
    matters: 'parts of the pairing can be skipped',
    source: 'HAP-R2 §5.6.4',
    needs: ['unpaired'],
    async judge(lab) {
      const session = await lab.open()
      const m3 = Uint8Array.from([
        6,
        1,
        3,
        3,
        255,
        ...new Array(255).fill(1),
        3,
        129,
        ...new Array(129).fill(1),
        4,
        64,
        ...new Array(64).fill(2),
      ])
      const answer = await session.request('POST', '/pair-setup', m3)
      session.close()
      const isRefused = answer.status !== 200 || errorOf(answer) !== undefined
      return unless(isRefused, describeAnswer(answer), { bytes: answer.body, at: answer.at })
    },
  },
  {
    name: 'setup-wrong-code-refused',
    group: 'pairing',
    severity: 'must',
    isDestructive: true,
    checks: 'a wrong setup code is answered with State 4 and Authentication (2)',
    matters: 'anybody could add the camera, or a mistyped code leaves no way on',
    source: 'HAP-R2 §5.6.4',
    needs: ['unpaired'],
    async judge(lab) {
      const session = await lab.open()
      await session.request('POST', '/pair-setup', setupM1)
      const key = new Array(384).fill(7)
      const m3 = [
        6,
        1,
        3,
        3,
        255,
        ...key.slice(0, 255),
        3,
        129,
        ...key.slice(255),
        4,
        64,
        ...new Array(64).fill(9),
      ]
      const answer = await session.request('POST', '/pair-setup', Uint8Array.from(m3))
      session.close()
      const state = byteOf(pairingFields(answer), pairingType.state)
      return (
        refusal(answer, 2, 'Authentication') ??
        unless(state === 4, `the State is ${state}`, { bytes: answer.body })
      )
    },
  },
  {
    name: 'identify-unpaired',
    group: 'pairing',
    severity: 'should',
    checks: 'POST /identify of an unpaired camera is answered with 204',
    matters: '“Identify” does nothing while the camera is added',
    source: 'HAP-R2 §5.8.4',
    needs: ['unpaired'],
    async judge(lab) {
      if (lab.accessory !== undefined) return undefined
      const session = await lab.open()
      const answer = await session.request('POST', '/identify')
      session.close()
      return unless(answer.status === 204 || answer.status === 200, describeAnswer(answer), {
        at: answer.at,
      })
    },
  },
  {
    name: 'setup-completes',
    group: 'pairing',
    severity: 'must',
    checks:
      'pair-setup with the setup code ends with a pairing: proof, identifier, key and signature hold',
    matters: 'the camera cannot be added',
    source: 'HAP-R2 §5.6',
    needs: ['unpaired'],
    async judge(lab) {
      await lab.get(pairing)
      return undefined
    },
  },
  {
    name: 'setup-unavailable-when-paired',
    group: 'pairing',
    severity: 'must',
    checks: 'pair-setup of a paired camera is refused with Unavailable (6)',
    matters: 'a stranger on the network can take the camera over',
    source: 'HAP-R2 §5.6.2',
    needs: ['paired'],
    judge: async lab => refusal(await startSetup(lab), 6, 'Unavailable'),
  },
  {
    name: 'identify-refused-when-paired',
    group: 'pairing',
    severity: 'must',
    checks: 'POST /identify without a verified connection is refused once the camera is paired',
    matters: 'a stranger on the network can make it blink and beep',
    source: 'HAP-R2 §5.8.4',
    needs: ['paired'],
    async judge(lab) {
      const session = await lab.open()
      const answer = await session.request('POST', '/identify')
      session.close()
      return unless(answer.status >= 400, describeAnswer(answer), { at: answer.at })
    },
  },
]
