import type { PictureSize } from '../source.ts'

/** Frame headers; C4, C8 and CC mean something else. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

/**
 * @returns The size in the frame header of a JPEG file; nothing when it is none, or is cut off before it.
 * @see ITU-T T.81 §B.1.1, §B.2.2
 */
export function jpegSize(bytes: Uint8Array): PictureSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return undefined
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (view.getUint8(at) !== 0xff) return undefined
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      // Markers may have any number of these before them.
      at++
      continue
    }
    const length = view.getUint16(at + 2)
    if (marker < 0xc0 || length < 2) return undefined
    if (isFrameHeader(marker)) {
      const [height, width] = [view.getUint16(at + 5), view.getUint16(at + 7)]
      return width > 0 && height > 0 ? { width, height } : undefined
    }
    at += 2 + length
  }
  return undefined
}

/** Some cameras write a little behind the end of a picture. */
const MAX_PADDING = 4096

/** Whether these are the bytes of a JPEG file from its beginning to its end. */
export function isWholeJpeg(bytes: Uint8Array): boolean {
  if (jpegSize(bytes) === undefined) return false
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return end.lastIndexOf('\xff\xd9', undefined, 'latin1') >= bytes.length - MAX_PADDING
}
