import type { Box } from '../box/tree.ts'
import { Fmp4Error } from '../errors.ts'

/** @returns The first child of a type, or the first of the types that is there. */
export function childOf(box: Box, ...types: readonly string[]): Box | undefined {
  return box.children.find(child => types.includes(child.type))
}

/** @throws Fmp4Error FMP4_BOX_MISSING */
export function requireChild(box: Box, ...path: readonly string[]): Box {
  let at = box
  for (const type of path) {
    const child = childOf(at, type)
    if (child === undefined)
      throw new Fmp4Error('FMP4_BOX_MISSING', { box: `${at.path}/${type}`, offset: at.offset })
    at = child
  }
  return at
}

/** @returns A field that is a number; 0 when the box is too short to hold it. */
export function numberOf(box: Box, name: string): number {
  return Number(box.fields[name] ?? 0)
}
