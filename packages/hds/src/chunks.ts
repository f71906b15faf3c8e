/** How much of a fragment one event carries, as shipping cameras do. */
export const CHUNK_LENGTH = 0x4_0000

/** @returns The bytes in `parts`. */
export function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}

/**
 * Cuts a fragment given in slices into chunks of 0x40000 bytes; the last may be shorter, and none is
 * empty.
 *
 * @returns Each chunk as views of the slices.
 */
export function chunksOf(parts: readonly Uint8Array[]): Uint8Array[][] {
  const chunks: Uint8Array[][] = []
  let free = 0
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      if (free === 0) {
        chunks.push([])
        free = CHUNK_LENGTH
      }
      const view = part.subarray(at, at + free)
      chunks.at(-1)?.push(view)
      at += view.length
      free -= view.length
    }
  }
  return chunks
}
