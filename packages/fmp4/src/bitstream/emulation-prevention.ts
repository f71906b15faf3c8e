/**
 * Removes the emulation prevention bytes of a NAL unit: the 03 of every 00 00 03.
 * @returns A copy; `nal` itself when there is nothing to remove.
 * @see ITU-T H.264 §7.4.1, ITU-T H.265 §7.4.2.1
 */
export function removeEmulationPrevention(nal: Uint8Array): Uint8Array {
  const removed: number[] = []
  for (let i = 2; i < nal.length; i++) {
    if (nal[i] !== 3 || nal[i - 1] !== 0 || nal[i - 2] !== 0) continue
    removed.push(i)
    i += 2 // the 03 is not one of the two zeros of the next one
  }
  if (removed.length === 0) return nal
  const clean = new Uint8Array(nal.length - removed.length)
  let from = 0
  removed.forEach((at, n) => {
    clean.set(nal.subarray(from, at), from - n)
    from = at + 1
  })
  clean.set(nal.subarray(from), from - removed.length)
  return clean
}
