import { ADMIN, encodePairingsRequest, isHapError, pairingError, pairingMessage } from '@hksv/hap'

import { isHubError } from '../../errors.ts'
import { admit, guest, inventController } from '../evidence/guests.ts'
import { byteOf, pairingFields, pairingType } from '../evidence/pairing.ts'
import { requestPairings } from '../evidence/requests.ts'
import { type ConformRule, NotJudged, unless } from '../rule.ts'
import { describeAnswer } from '../wire/answers.ts'

const LEAVE_MS = 3000

/** What pair-verify with somebody came to, in words; nothing when it was refused as it should be. */
async function verifiesAnyway(
  connect: () => Promise<{ close(): void }>,
): Promise<string | undefined> {
  try {
    const session = await connect()
    session.close()
    return 'the camera accepts it'
  } catch (error) {
    if (isHapError(error)) {
      return error.pairingError === pairingError.authentication
        ? undefined
        : `it answers: ${error.message}`
    }
    if (isHubError(error) && error.code === 'HUB_NOT_PAIRED') return undefined
    throw error
  }
}

/** Who may come back, and who may let others in. */
export const pairingsRules: readonly ConformRule[] = [
  {
    name: 'verify-completes',
    group: 'pairing',
    severity: 'must',
    checks:
      'pair-verify on a new connection ends with keys for both sides; identifier and signature hold',
    matters: '“No Response”',
    source: 'HAP-R2 §5.7',
    needs: ['paired'],
    async judge(lab) {
      const session = await lab.connect()
      session.close()
      return undefined
    },
  },
  {
    name: 'verify-unknown-controller-refused',
    group: 'pairing',
    severity: 'must',
    checks: 'pair-verify of a controller that is not paired ends with Authentication (2)',
    matters: 'strangers see the pictures; or a controller that was removed never learns of it',
    source: 'HAP-R2 §5.7.4',
    needs: ['paired'],
    async judge(lab) {
      const text = await verifiesAnyway(() => lab.connect(inventController(lab)))
      return unless(text === undefined, text ?? '')
    },
  },
  {
    name: 'verify-wrong-key-refused',
    group: 'pairing',
    severity: 'must',
    checks:
      'pair-verify with the identifier of a paired controller and another key ends with Authentication (2)',
    matters: 'whoever knows the identifier of a controller sees the pictures',
    source: 'HAP-R2 §5.7.4',
    needs: ['paired'],
    async judge(lab) {
      const { identifier } = lab.identity
      const { longTermKey } = inventController(lab)
      const text = await verifiesAnyway(() => lab.connect({ identifier, longTermKey }))
      return unless(text === undefined, text ?? '')
    },
  },
  {
    name: 'verify-out-of-turn-refused',
    group: 'pairing',
    severity: 'must',
    checks: 'pair-verify M3 without M1 is refused',
    matters: 'parts of the proof can be skipped',
    source: 'HAP-R2 §5.7.4',
    needs: ['paired'],
    async judge(lab) {
      const session = await lab.open()
      const m3 = pairingMessage.encode({ state: 3, encryptedData: new Uint8Array(120) })
      const answer = await session.request('POST', '/pair-verify', m3)
      session.close()
      const error = byteOf(pairingFields(answer), pairingType.error)
      return unless(answer.status !== 200 || error !== undefined, describeAnswer(answer), {
        bytes: answer.body,
        at: answer.at,
      })
    },
  },
  {
    name: 'pairings-listed',
    group: 'pairing',
    severity: 'must',
    checks:
      'the list of pairings holds this controller as an administrator, and can be read however long it is',
    matters: 'a home cannot be shared, or shared homes lose members',
    source: 'HAP-R2 §5.12',
    needs: ['paired'],
    async judge(lab) {
      const { identity } = await lab.get(guest)
      const listed = await requestPairings(await lab.session(), { method: 'list' })
      const own = listed.find(({ identifier }) => identifier === lab.identity.identifier)
      const added = listed.find(({ identifier }) => identifier === identity.identifier)
      if (own === undefined) return { text: 'this controller is not on the list' }
      if (added === undefined) return { text: 'a controller that was added is not on the list' }
      return unless(own.permissions === ADMIN, `its permissions are ${own.permissions}`)
    },
  },
  {
    name: 'pairing-added-verifies',
    group: 'pairing',
    severity: 'must',
    checks: 'a controller that an administrator added can verify',
    matters: 'people the home is shared with see “No Response”',
    source: 'HAP-R2 §5.10',
    needs: ['paired'],
    async judge(lab) {
      await lab.get(guest)
      return undefined
    },
  },
  ...(['list', 'add', 'remove'] as const).map(
    (method): ConformRule => ({
      name: `pairings-${method}-needs-admin`,
      group: 'pairing',
      severity: 'must',
      checks: `a controller that is no administrator may not ${method} pairings: Authentication (2)`,
      matters: 'a guest can take the camera over, or shut its owner out',
      source: 'HAP-R2 §5.10 to §5.12',
      needs: ['paired'],
      async judge(lab) {
        const { session } = await lab.get(guest)
        const { identifier, longTermKey } = inventController(lab)
        const pairing = { identifier, publicKey: longTermKey.publicKey, permissions: 0 }
        const request = {
          list: { method: 'list' },
          add: { method: 'add', pairing },
          remove: { method: 'remove', identifier },
        } as const
        const answer = await session.request(
          'POST',
          '/pairings',
          encodePairingsRequest(request[method]),
        )
        if (method === 'add' && byteOf(pairingFields(answer), pairingType.error) === undefined) {
          lab.finally('a pairing that a guest added', async () => {
            await requestPairings(await lab.session(), { method: 'remove', identifier })
          })
        }
        const error = byteOf(pairingFields(answer), pairingType.error)
        return unless(error === 2 || answer.status >= 400, describeAnswer(answer), {
          bytes: answer.body,
          at: answer.at,
        })
      },
    }),
  ),
  {
    name: 'pairing-other-key-refused',
    group: 'pairing',
    severity: 'must',
    checks: 'adding a known identifier with another key is refused',
    matters: 'the pairing of a controller can be replaced unnoticed',
    source: 'HAP-R2 §5.10',
    needs: ['paired'],
    async judge(lab) {
      const { identity } = await lab.get(guest)
      const { longTermKey } = inventController(lab)
      const pairing = {
        identifier: identity.identifier,
        publicKey: longTermKey.publicKey,
        permissions: 0,
      }
      const session = await lab.session()
      const answer = await session.request(
        'POST',
        '/pairings',
        encodePairingsRequest({ method: 'add', pairing }),
      )
      const error = byteOf(pairingFields(answer), pairingType.error)
      return unless(error !== undefined || answer.status >= 400, describeAnswer(answer), {
        bytes: answer.body,
        at: answer.at,
      })
    },
  },
  {
    name: 'pairing-removal-repeats',
    group: 'pairing',
    severity: 'should',
    checks: 'removing a pairing that does not exist succeeds',
    matters: 'a controller cannot be removed after an answer was lost',
    source: 'HAP-R2 §5.11',
    needs: ['paired'],
    async judge(lab) {
      const { identifier } = inventController(lab)
      await requestPairings(await lab.session(), { method: 'remove', identifier })
      return undefined
    },
  },
  {
    name: 'removed-controller-disconnected',
    group: 'pairing',
    severity: 'must',
    checks: 'connections of a controller that is removed are closed within 3 s',
    matters: 'somebody who was shut out keeps watching',
    source: 'HAP-R2 §5.11',
    needs: ['paired'],
    async judge(lab) {
      const identity = await admit(lab, 0)
      const session = await lab.connect(identity)
      const { identifier } = identity
      await requestPairings(await lab.session(), { method: 'remove', identifier })
      const isClosed = await session.closesWithin(LEAVE_MS)
      session.close()
      return unless(isClosed, 'the connection was still open after 3 s')
    },
  },
  {
    name: 'removed-controller-refused',
    group: 'pairing',
    severity: 'must',
    checks: 'a controller that was removed cannot verify any more: Authentication (2)',
    matters: 'somebody who was shut out comes back',
    source: 'HAP-R2 §5.11',
    needs: ['paired'],
    async judge(lab) {
      const identity = await admit(lab, 0)
      const { identifier } = identity
      await requestPairings(await lab.session(), { method: 'remove', identifier })
      const text = await verifiesAnyway(() => lab.connect(identity))
      return unless(text === undefined, text ?? '')
    },
  },
  {
    name: 'sixteen-pairings',
    group: 'pairing',
    severity: 'should',
    isDestructive: true,
    checks: 'the camera holds at least 16 pairings',
    matters: 'large homes cannot be shared with everybody',
    source: 'HAP-R2 §5.11',
    needs: ['paired'],
    async judge(lab) {
      const listed = await requestPairings(await lab.session(), { method: 'list' })
      for (let count = listed.length; count < 16; count++) {
        try {
          await admit(lab, 0)
        } catch (error) {
          if (!isHapError(error)) throw error
          return { text: `pairing ${count + 1} was refused: ${error.message}` }
        }
      }
      return undefined
    },
  },
]

/** Judged last of all: nothing is left to judge afterwards. */
export const lastPairingRules: readonly ConformRule[] = [
  {
    name: 'last-admin-removes-all',
    group: 'pairing',
    severity: 'must',
    isDestructive: true,
    checks:
      'when the last administrator is removed every pairing is, and the camera can be paired with again',
    matters: 'the camera cannot be added again without a reset',
    source: 'HAP-R2 §5.11',
    needs: ['paired'],
    async judge(lab) {
      const { accessory } = lab
      const session = await lab.session()
      const listed = await requestPairings(session, { method: 'list' })
      if (listed.filter(({ permissions }) => permissions === ADMIN).length > 1) {
        throw new NotJudged('the camera has other administrators')
      }
      const outcome = await lab.peek(guest)
      const { identifier } = lab.identity
      await requestPairings(session, { method: 'remove', identifier })
      lab.unpaired()
      if (accessory !== undefined) await lab.options.store.remove(accessory.deviceId)
      if (outcome === undefined) return undefined
      const text = await verifiesAnyway(() => lab.connectTo(accessory, outcome.identity))
      return unless(text === undefined, `a guest was still paired: ${text}`)
    },
  },
]
