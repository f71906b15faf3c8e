import { type Box, boxTree } from '@hksv/fmp4'

/** @returns The boxes of a type, in order. */
export function findBoxes(bytes: Uint8Array, type: string): Box[] {
  const all = (boxes: readonly Box[]): Box[] => boxes.flatMap(box => [box, ...all(box.children)])
  return all(boxTree(bytes)).filter(box => box.type === type)
}

/** @returns The nth box of a type. */
export function findBox(bytes: Uint8Array, type: string, n = 0): Box {
  const box = findBoxes(bytes, type)[n]
  if (box === undefined) throw new Error(`no ${type} ${n}`)
  return box
}

/** @returns A copy whose 32-bit number at `offset` is changed. */
export function patch32(bytes: Uint8Array, offset: number, change: (value: number) => number) {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  view.setUint32(offset, change(view.getUint32(offset)) >>> 0)
  return copy
}

/** @returns A copy whose byte at `offset` is changed. */
export function patch8(bytes: Uint8Array, offset: number, change: (value: number) => number) {
  const copy = bytes.slice()
  copy[offset] = change(copy[offset] ?? 0)
  return copy
}

/** @returns A copy without the bytes of a box, the boxes around it made smaller. */
export function removeBox(bytes: Uint8Array, box: Box): Uint8Array {
  let copy = bytes
  const around = (boxes: readonly Box[]): void => {
    for (const one of boxes)
      if (one.offset < box.offset && one.offset + one.size >= box.offset + box.size) {
        copy = patch32(copy, one.offset, size => size - box.size)
        around(one.children)
      }
  }
  around(boxTree(bytes))
  return new Uint8Array(
    Buffer.concat([copy.subarray(0, box.offset), copy.subarray(box.offset + box.size)]),
  )
}
