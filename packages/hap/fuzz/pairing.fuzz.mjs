import { isDeepStrictEqual } from 'node:util'

import { nodeProvider } from '@hksv/crypto/node'
import {
  decodePairingsRequest,
  decodePairingsResponse,
  encodePairingsRequest,
  isHapError,
  PairSetupAccessory,
  PairSetupController,
  PairSetupGate,
  PairVerifyAccessory,
  PairVerifyController,
  pairingMessage,
} from '@hksv/hap'

/** A cipher and a signature that do nothing, and small powers: the way to what is inside. */
const aead = {
  seal: (_nonce, _aad, parts) => [...parts.map(part => Uint8Array.from(part)), new Uint8Array(16)],
  open: (_nonce, _aad, ciphertext, tag) => (tag[0] === 0 ? Uint8Array.from(ciphertext) : undefined),
}
const sealed = plain => Uint8Array.of(...plain, ...new Uint8Array(16))
const utf8 = text => new TextEncoder().encode(text)
const crypto = {
  ...nodeProvider,
  aead: () => aead,
  ed25519Verify: () => true,
  modPow: () => new Uint8Array(384).fill(3),
  // Proofs hold that begin with zero.
  equal: (_a, b) => b[0] === 0,
}
const random = length => new Uint8Array(length).fill(9)
const accessory = { identifier: 'AA:BB:CC:DD:EE:FF', longTermKey: crypto.ed25519(random(32)) }
const controller = { identifier: 'controller', longTermKey: accessory.longTermKey }
const pairing = { identifier: 'controller', publicKey: random(32), permissions: 1 }
const credentials = { salt: new Uint8Array(16), verifier: new Uint8Array(384).fill(2) }

const { publicKey } = nodeProvider.x25519(random(32))
const salt = new Uint8Array(16)
const proof = new Uint8Array(64)
const signature = new Uint8Array(64)
const inner = pairingMessage.encode({ identifier: utf8(accessory.identifier), signature })

/** Each machine, and the messages that take it on. */
const targets = [
  {
    machine: () => {
      const gate = new PairSetupGate({ isPaired: false, failedAttempts: 0 })
      return new PairSetupAccessory({ crypto, identity: accessory, credentials, gate, random })
    },
    messages: [
      { state: 1, method: 0 },
      { state: 3, publicKey, proof },
    ],
  },
  {
    machine: () => {
      const setupCode = '031-45-154'
      return new PairSetupController({ crypto, identity: controller, setupCode, random })
    },
    messages: [
      { state: 2, salt, publicKey },
      { state: 4, proof },
    ],
  },
  {
    machine: () => {
      const findPairing = () => pairing
      return new PairVerifyAccessory({ crypto, identity: accessory, findPairing, random })
    },
    messages: [{ state: 1, publicKey }],
  },
  {
    machine: () => {
      const known = { identifier: accessory.identifier, publicKey: random(32) }
      return new PairVerifyController({ crypto, identity: controller, accessory: known, random })
    },
    messages: [{ state: 2, publicKey, encryptedData: sealed(inner) }],
  },
]

/**
 * The first byte names the machine (bits 0 and 1) and how many messages have gone well before (2 and
 * 3). The rest is messages, each behind its length in two bytes: bit 7 of the second one says that
 * it is what EncryptedData holds, with the State in the low bits.
 */
export function fuzz(data) {
  const [how = 0] = data
  const { machine: make, messages } = targets[how & 3]
  const machine = make()
  for (const message of messages.slice(0, (how >> 2) & 3)) {
    machine.receive(pairingMessage.encode(message), 0)
    machine.take()
  }
  const input = new Uint8Array(data).subarray(1)
  for (let at = 0, now = 0; at < input.length; now++) {
    const [length = 0, kind = 0] = input.subarray(at)
    const body = input.slice(at + 2, at + 2 + length)
    const state = kind & 0x07
    const isInner = (kind & 0x80) !== 0
    const encryptedData = sealed(body)
    const message = isInner ? pairingMessage.encode({ state, encryptedData }) : body
    attempt(() => machine.receive(message, now * 10_000))
    machine.take()
    at += 2 + length
  }
  machine.close()
  pairings(input)
}

function pairings(body) {
  attempt(() => decodePairingsResponse(body))
  const request = attempt(() => decodePairingsRequest(body))
  if (request === undefined) return
  const again = decodePairingsRequest(encodePairingsRequest(request))
  if (!isDeepStrictEqual(again, request)) throw new Error('the request is not the same again')
}

function attempt(run) {
  try {
    return run()
  } catch (error) {
    if (!isHapError(error)) throw error
    return undefined
  }
}
