/** How many bytes a length or an index takes. */
type Width = 1 | 2 | 4 | 8

/** What one tag byte announces. */
export type Tag =
  | { readonly kind: 'zero' }
  | { readonly kind: 'unassigned' }
  | { readonly kind: 'terminator' }
  | { readonly kind: 'constant'; readonly value: boolean | null }
  | { readonly kind: 'smallInteger'; readonly value: number }
  | { readonly kind: 'integer'; readonly width: Width | 16 }
  | { readonly kind: 'float32' }
  | { readonly kind: 'float64' }
  | { readonly kind: 'date' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'string' | 'data'; readonly length: number }
  | { readonly kind: 'longString' | 'longData'; readonly width: Width }
  | { readonly kind: 'terminatedString' }
  | { readonly kind: 'chunkedData' }
  | { readonly kind: 'reference'; readonly index: number }
  | { readonly kind: 'longReference'; readonly width: 1 | 2 }
  | { readonly kind: 'array' | 'dictionary'; readonly count: number | 'open' }

/** Ends a container or chunked data of unannounced length. */
export const TERMINATOR = 0x03

/** Containers may be nested this deep, as in Apple's reader. */
export const MAX_DEPTH = 32

const widths = [1, 2, 4, 8] as const

/**
 * All 256 tags.
 *
 * Forbidden: 00; unassigned 37..3F, 65..6E, 95..9E, C5..CF, F0..FF; and C3, C4, wide back
 * references whose width (3/4 or 4/8 bytes) implementations dispute and nobody needs.
 *
 * @see observed: payloads of Apple home hubs, vectors `hds/opack`
 */
export const appleTags: readonly Tag[] = Object.freeze(
  Array.from({ length: 256 }, (_, at) => tag(at)),
)

/**
 * The same, but A0..CF are back references to slots 0..47, as HAP-NodeJS writes and reads them.
 *
 * @see observed: HAP-NodeJS 1.2.0, vectors `hds/opack` `hap-resp-id0-status0`
 */
export const hapNodeJsTags: readonly Tag[] = Object.freeze(
  appleTags.map(
    (apple, at): Tag =>
      at >= 0xa0 && at <= 0xcf ? { kind: 'reference', index: at - 0xa0 } : apple,
  ),
)

function tag(at: number): Tag {
  if (at < 0x40) return scalarTag(at)
  if (at <= 0x60) return { kind: 'string', length: at - 0x40 }
  if (at <= 0x64) return { kind: 'longString', width: width(at - 0x61) }
  if (at === 0x6f) return { kind: 'terminatedString' }
  if (at >= 0x70 && at <= 0x90) return { kind: 'data', length: at - 0x70 }
  if (at >= 0x91 && at <= 0x94) return { kind: 'longData', width: width(at - 0x91) }
  if (at === 0x9f) return { kind: 'chunkedData' }
  if (at >= 0xa0 && at <= 0xc0) return { kind: 'reference', index: at - 0xa0 }
  if (at === 0xc1) return { kind: 'longReference', width: 1 }
  if (at === 0xc2) return { kind: 'longReference', width: 2 }
  if (at >= 0xd0 && at <= 0xdf) return { kind: 'array', count: count(at & 0x0f) }
  if (at >= 0xe0 && at <= 0xef) return { kind: 'dictionary', count: count(at & 0x0f) }
  return { kind: 'unassigned' }
}

function scalarTag(at: number): Tag {
  if (at === 0x00) return { kind: 'zero' }
  if (at === 0x01) return { kind: 'constant', value: true }
  if (at === 0x02) return { kind: 'constant', value: false }
  if (at === TERMINATOR) return { kind: 'terminator' }
  if (at === 0x04) return { kind: 'constant', value: null }
  if (at === 0x05) return { kind: 'uuid' }
  if (at === 0x06) return { kind: 'date' }
  // 07 is -1, 08..2F are 0..39.
  if (at <= 0x2f) return { kind: 'smallInteger', value: at - 8 }
  if (at <= 0x33) return { kind: 'integer', width: width(at - 0x30) }
  if (at === 0x34) return { kind: 'integer', width: 16 }
  if (at === 0x35) return { kind: 'float32' }
  if (at === 0x36) return { kind: 'float64' }
  return { kind: 'unassigned' }
}

function width(log2: number): Width {
  const bytes = widths[log2]
  if (bytes === undefined) throw new RangeError('no such width')
  return bytes
}

function count(nibble: number): number | 'open' {
  return nibble === 0x0f ? 'open' : nibble
}
