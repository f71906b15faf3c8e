import { fourccAt, uint64At, viewOf } from '../bytes.ts'
import { Fmp4Error } from '../errors.ts'
import { boxDetails } from './details.ts'
import { fragmentBoxes } from './fragment-boxes.ts'
import { type FieldValues, fieldLength, type Layout, presentFields, readField } from './layout.ts'
import { movieBoxes } from './movie-boxes.ts'
import { sampleEntries } from './sample-entries.ts'

/** A box as it was found. */
export interface Box {
  readonly type: string
  /** Types from the outside in, with a number from the second of a kind on: `moov/trak[2]/tkhd`. */
  readonly path: string
  /** Bytes from the start of the input. */
  readonly offset: number
  /** Bytes with header. */
  readonly size: number
  /** 8, or 16 with a 64-bit size; version and flags not counted. */
  readonly headerLength: number
  readonly version?: number
  readonly flags?: number
  /** Key fields by name. */
  readonly fields: FieldValues
  readonly children: readonly Box[]
  /** Where what follows the known fields begins: child boxes, a table, or the payload. */
  readonly contentOffset: number
}

/** How {@link boxTree} reads. */
export interface BoxTreeOptions {
  /** What is added to every offset: where the bytes stand in a file. */
  readonly baseOffset?: number
  /**
   * Gets told what is wrong, and reading goes on behind it: an oversized box is cut to what is there.
   * Without it the first error is thrown.
   */
  readonly onProblem?: (error: Fmp4Error) => void
}

const layouts: ReadonlyMap<string, Layout> = new Map(
  [movieBoxes, sampleEntries, fragmentBoxes]
    .flatMap((table): Layout[] => Object.values(table))
    .map(one => [one.type, one]),
)
const maxDepth = 16
const maxBoxes = 10_000

/** @returns The layout of a box type, when it is one we know. */
export function layoutOf(type: string): Layout | undefined {
  return layouts.get(type)
}

/**
 * Lists the boxes in `bytes` with their key fields. Boxes of unknown type are listed without content.
 * @throws Fmp4Error FMP4_TRUNCATED, FMP4_BOX_SIZE or FMP4_FIELD for damage, unless `onProblem` takes
 * it; FMP4_LIMIT for more than 10,000 boxes or 16 levels.
 * @see ISO/IEC 14496-12 §4.2
 */
export function boxTree(bytes: Uint8Array, options: BoxTreeOptions = {}): Box[] {
  return new TreeReader(bytes, options).list(0, bytes.length, '', 0)
}

class TreeReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #base: number
  readonly #onProblem: (error: Fmp4Error) => void
  #count = 0

  constructor(bytes: Uint8Array, options: BoxTreeOptions) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#base = options.baseOffset ?? 0
    this.#onProblem =
      options.onProblem ??
      (error => {
        throw error
      })
  }

  list(start: number, end: number, parent: string, depth: number): Box[] {
    if (depth > maxDepth) throw new Fmp4Error('FMP4_LIMIT', { box: parent, detail: 'nesting' })
    const boxes: Box[] = []
    const seen = new Map<string, number>()
    let at = start
    while (at < end) {
      if (++this.#count > maxBoxes) throw new Fmp4Error('FMP4_LIMIT', { detail: 'boxes' })
      if (end - at < 8) {
        this.#problem('FMP4_TRUNCATED', parent, at, 'no room for a box header')
        break
      }
      const type = fourccAt(this.#view, at + 4)
      const nth = (seen.get(type) ?? 0) + 1
      seen.set(type, nth)
      const path = `${parent === '' ? '' : `${parent}/`}${type}${nth > 1 ? `[${nth}]` : ''}`
      const box = this.#box({ type, path, start: at, end }, depth)
      if (box === undefined) break
      boxes.push(box)
      at += box.size
    }
    return boxes
  }

  #box(
    { type, path, start, end }: { type: string; path: string; start: number; end: number },
    depth: number,
  ): Box | undefined {
    let size = this.#view.getUint32(start)
    let headerLength = 8
    if (size === 1 && end - start >= 16) {
      size = uint64At(this.#view, start + 8)
      headerLength = 16
    } else if (size === 0 && depth === 0) size = end - start
    if (size < headerLength) {
      this.#problem('FMP4_BOX_SIZE', path, start, `${size} bytes`)
      return undefined
    }
    if (start + size > end) {
      const code = depth === 0 ? 'FMP4_TRUNCATED' : 'FMP4_BOX_SIZE'
      this.#problem(code, path, start, `${size} bytes where ${end - start} are left`)
      size = end - start
    }
    const place = { type, path, offset: start + this.#base, size, headerLength }
    const layout = layouts.get(type)
    const bodyStart = start + headerLength
    if (layout === undefined) {
      const details = boxDetails(type, this.#bytes.subarray(bodyStart, start + size))
      return { ...place, fields: details, children: [], contentOffset: bodyStart + this.#base }
    }
    return this.#known(layout, place, start, depth)
  }

  #known(
    layout: Layout,
    place: Pick<Box, 'type' | 'path' | 'offset' | 'size' | 'headerLength'>,
    start: number,
    depth: number,
  ): Box | undefined {
    const end = start + place.size
    let at = start + place.headerLength
    const word = layout.full !== undefined && at + 4 <= end ? this.#view.getUint32(at) : 0
    const version = word >>> 24
    const flags = word & 0xffffff
    if (layout.full !== undefined) at += 4
    const fields: Record<string, number | string> = {}
    for (const field of presentFields(layout, flags)) {
      const length = fieldLength(field, version)
      if (at + length > end) {
        this.#problem('FMP4_BOX_SIZE', place.path, start, `no room for ${field.name}`)
        return { ...place, fields, children: [], contentOffset: end + this.#base }
      }
      if (field.type !== 'bytes') fields[field.name] = this.#field(field, at, version, place.path)
      at += length
    }
    if (layout.isContainer !== true)
      Object.assign(fields, boxDetails(place.type, this.#bytes.subarray(at, end)))
    return {
      ...place,
      ...(layout.full !== undefined && { version, flags }),
      fields,
      children: layout.isContainer === true ? this.list(at, end, place.path, depth + 1) : [],
      contentOffset: Math.min(at, end) + this.#base,
    }
  }

  #field(field: Layout['fields'][number], at: number, version: number, path: string) {
    try {
      return readField(this.#view, at, field, version)
    } catch (error) {
      if (!(error instanceof Fmp4Error)) throw error
      this.#problem(error.code, path, at, `${field.name} is above 2^53`)
      return Number.MAX_SAFE_INTEGER
    }
  }

  #problem(code: Fmp4Error['code'], box: string, at: number, detail: string): void {
    this.#onProblem(new Fmp4Error(code, { box, offset: at + this.#base, detail }))
  }
}
