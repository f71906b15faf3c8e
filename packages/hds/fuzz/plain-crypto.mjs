import { nodeProvider } from '@hksv/crypto/node'

/** A cipher that does nothing, with a tag of zeros: it lets the fuzzer through to what is inside. */
const aead = {
  seal: (_nonce, _aad, parts) => [...parts.map(part => Uint8Array.from(part)), new Uint8Array(16)],
  open: (_nonce, _aad, ciphertext, tag) =>
    tag.every(byte => byte === 0) ? Uint8Array.from(ciphertext) : undefined,
}

export const plainCrypto = { ...nodeProvider, aead: () => aead }

export const plainKeys = {
  accessoryToController: new Uint8Array(32),
  controllerToAccessory: new Uint8Array(32),
}

/** A payload as a frame of the cipher above. */
export function frame(payload) {
  const { length } = payload
  const header = [1, length >> 16, (length >> 8) & 0xff, length & 0xff]
  return Uint8Array.of(...header, ...payload, ...new Uint8Array(16))
}

/** Cuts the input into payloads: a length byte, then that many bytes, at least 3. */
export function* payloads(input) {
  for (let at = 0; at < input.length; ) {
    const length = Math.max(3, input[at])
    const payload = new Uint8Array(length)
    payload.set(input.subarray(at + 1, at + 1 + length))
    yield payload
    at += 1 + length
  }
}

/** Takes everything, and checks that as much was announced. */
export function drain(machine) {
  let announced = machine.pendingLength
  for (let piece = machine.take(); piece !== undefined; piece = machine.take()) {
    announced -= piece.length
  }
  if (announced !== 0 || machine.pendingLength !== 0) throw new Error(`${announced} bytes too many`)
}
