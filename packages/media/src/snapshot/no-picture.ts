import type { PictureSize } from '../source.ts'
import { type GreyBlock, writeGreyJpeg } from './grey-jpeg.ts'

/** Of each side. A picture of the most takes about 300 kB. */
const MIN_SIDE = 16
const MAX_SIDE = 8192
/** Home asks for the same few sizes again and again. */
const MAX_KEPT = 8
const DARK = 40
const LIGHT = 176

const drawing: readonly string[] = [
  '#...#..###........####...###...###..#####.#...#.####..#####',
  '##..#.#...#.......#...#...#...#...#...#...#...#.#...#.#....',
  '#.#.#.#...#.......#...#...#...#.......#...#...#.#...#.#....',
  '#..##.#...#.......####....#...#.......#...#...#.####..####.',
  '#...#.#...#.......#.......#...#.......#...#...#.#.#...#....',
  '#...#.#...#.......#.......#...#...#...#...#...#.#..#..#....',
  '#...#..###........#......###...###....#....###..#...#.#####',
]
const columns = 59

/** @throws RangeError unless both sides are whole numbers of 16 to 8192. */
export function checkPictureSize({ width, height }: PictureSize): void {
  if (
    ![width, height].every(side => Number.isInteger(side) && side >= MIN_SIDE && side <= MAX_SIDE)
  )
    throw new RangeError(`a picture cannot be ${width}x${height}`)
}

const kept = new Map<string, Uint8Array>()

/**
 * Draws what is shown when a source has no picture to give: the words, light on dark, in any size.
 * @returns A JPEG file of exactly this size, the same bytes each time; the caller may keep it.
 * @throws RangeError unless both sides are whole numbers of 16 to 8192.
 */
export function noPicture(size: PictureSize): Uint8Array {
  checkPictureSize(size)
  const key = `${size.width}x${size.height}`
  const picture = kept.get(key) ?? writeGreyJpeg(size, words(size))
  // The newest is at the end.
  kept.delete(key)
  kept.set(key, picture)
  for (const oldest of kept.keys()) {
    if (kept.size <= MAX_KEPT) break
    kept.delete(oldest)
  }
  return picture.slice()
}

/** In the middle, over up to half of the width and a quarter of the height; left out where they do not fit. */
function words({ width, height }: PictureSize): (column: number, row: number) => GreyBlock {
  const rows = drawing.length
  const fitting = Math.floor(Math.min(width / 2 / columns, height / 4 / rows))
  const scale = Math.max(fitting, width > columns && height > rows ? 1 : 0)
  const left = Math.floor((width - columns * scale) / 2)
  const top = Math.floor((height - rows * scale) / 2)
  const isLight = (x: number, y: number) =>
    drawing[Math.floor((y - top) / scale)]?.[Math.floor((x - left) / scale)] === '#'
  return (column, row) => {
    const [x, y] = [column * 8, row * 8]
    const isOutside =
      x + 8 <= left || x >= left + columns * scale || y + 8 <= top || y >= top + rows * scale
    if (isOutside) return DARK
    const block = Array.from({ length: 64 }, (_, i) =>
      isLight(x + (i & 7), y + (i >> 3)) ? LIGHT : DARK,
    )
    const [first = DARK] = block
    return block.every(sample => sample === first) ? first : block
  }
}
