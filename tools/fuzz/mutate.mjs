/** Makes inputs of kept ones, the same sequence for the same seed and corpus. */
export function createMutator({ seed, maxLength, comparands, words, corpus }) {
  const random = xorshift(seed)
  const pick = list => list[random(list.length)]
  const splice = (bytes, at, removed, inserted) =>
    Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])

  const mutations = [
    (bytes, at) => poke(bytes, at, byte => byte ^ (1 << random(8))),
    (bytes, at) => poke(bytes, at, () => random(256)),
    (bytes, at) => poke(bytes, at, byte => (byte + 1 + random(4) * 2 - 4) & 0xff),
    (bytes, at) => poke(bytes, at, byte => pick(comparands) ?? byte),
    (bytes, at) => splice(bytes, at, 0, Buffer.from(pick(words) ?? '')),
    (bytes, at) => splice(bytes, at, 0, Buffer.of(random(256))),
    (bytes, at) => splice(bytes, at, 1 + random(8), Buffer.alloc(0)),
    (bytes, at) => splice(bytes, at, 0, Buffer.alloc(random(300), random(256))),
    (bytes, at) => splice(bytes, at, 0, bytes.subarray(random(bytes.length + 1)).subarray(0, 64)),
    (bytes, at) => {
      const other = pick(corpus)
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length + 1))])
    },
  ]

  return () => {
    let bytes = Buffer.from(pick(corpus))
    for (let left = 1 + random(4); left > 0; left--) {
      bytes = pick(mutations)(bytes, random(bytes.length + 1))
    }
    return bytes.subarray(0, maxLength)
  }
}

function poke(bytes, at, change) {
  if (at < bytes.length) bytes[at] = change(bytes[at])
  return bytes
}

function xorshift(seed) {
  let state = seed >>> 0 || 1
  return limit => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}
