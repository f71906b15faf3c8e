import { type Field, fieldLength, presentFields } from '../box/layout.ts'
import { type Box, boxTree, layoutOf } from '../box/tree.ts'
import { sameBytes, viewOf } from '../bytes.ts'
import { isFmp4Error } from '../errors.ts'
import type { Findings } from './finding.ts'

/** Boxes without a layout here that may nevertheless stand in an init segment or a fragment. */
const otherKnown: ReadonlySet<string> = new Set([
  ...['avcC', 'esds', 'hvcC', 'btrt', 'colr', 'udta', 'meta', 'sgpd', 'sbgp'],
  ...['subs', 'sdtp', 'saiz', 'saio', 'mdat', 'free', 'skip', 'styp', 'sidx', 'emsg'],
])

/**
 * Reads the boxes of `bytes`; what is wrong with their sizes, types and reserved fields is found, and
 * reading goes on.
 */
export function inspectBoxes(bytes: Uint8Array, findings: Findings): Box[] {
  const root = { path: '', offset: 0 }
  try {
    const onProblem = (error: {
      box: string | undefined
      offset: number | undefined
      message: string
    }) =>
      findings.add('box-size', { path: error.box ?? '', offset: error.offset ?? 0 }, error.message)
    const boxes = boxTree(bytes, { onProblem })
    for (const box of boxes) inspectBox(box, bytes, findings)
    return boxes
  } catch (error) {
    if (!isFmp4Error(error)) throw error
    findings.add('box-size', root, error.message)
    return []
  }
}

function inspectBox(box: Box, bytes: Uint8Array, findings: Findings): void {
  const layout = layoutOf(box.type)
  if (layout === undefined) {
    if (!otherKnown.has(box.type)) findings.add('box-unknown', box, 'a box of unknown type')
    return
  }
  let at = box.offset + box.headerLength + (layout.full === undefined ? 0 : 4)
  for (const field of presentFields(layout, box.flags ?? 0)) {
    const length = fieldLength(field, box.version ?? 0)
    const end = box.offset + box.size
    if (field.isMandated === true && at + length <= end && !holds(bytes, at, field, length))
      findings.add(
        'reserved-field',
        { path: box.path, offset: at },
        `${field.name} is not as mandated`,
      )
    at += length
  }
  const { entryCount } = box.fields
  if (layout.isContainer === true && entryCount !== undefined && entryCount !== box.children.length)
    findings.add('entry-count', box, `${entryCount} announced, ${box.children.length} there`)
  for (const child of box.children) inspectBox(child, bytes, findings)
}

/** @returns Whether the field has its mandated value. */
function holds(bytes: Uint8Array, at: number, field: Field, length: number): boolean {
  if (field.value instanceof Uint8Array)
    return sameBytes(bytes.subarray(at, at + length), field.value)
  const view = viewOf(bytes)
  return (length === 2 ? view.getUint16(at) : view.getUint32(at)) === field.value
}
