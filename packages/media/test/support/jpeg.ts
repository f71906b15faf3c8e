/** @returns The size in the frame header of a JPEG file. @see ITU-T T.81 §B.2.2 */
export function jpegSize(bytes: Uint8Array): { width: number; height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint16(0) !== 0xffd8) throw new Error('no JPEG file')
  for (let at = 2; at < bytes.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1)
    if (marker >= 0xc0 && marker <= 0xc2)
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
  }
  throw new Error('no frame header')
}
