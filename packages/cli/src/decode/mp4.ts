import {
  type Box,
  boxTree,
  type Finding,
  FragmentInspector,
  type FragmentSummary,
} from '@hksv/fmp4'

/** What an fMP4 file holds, and what is wrong with it. */
export interface Mp4Report {
  readonly boxes: readonly Box[]
  readonly findings: readonly Finding[]
  readonly fragments: readonly { summary: FragmentSummary; line: string }[]
}

/**
 * Lists the boxes of a file. If it is fragmented, its init segment and fragments are checked.
 *
 * @throws Fmp4Error when there are no boxes to list.
 */
export function decodeMp4(bytes: Uint8Array): Mp4Report {
  const problems: string[] = []
  const boxes = boxTree(bytes, { onProblem: error => problems.push(error.message) })
  const moov = boxes.find(({ type }) => type === 'moov')
  const isFragmented = moov?.children.some(({ type }) => type === 'mvex') ?? false
  if (moov === undefined || !isFragmented) return { boxes, findings: [], fragments: [] }
  const end = moov.offset + moov.size
  const inspector = new FragmentInspector(bytes.subarray(0, end))
  const findings: Finding[] = [...inspector.init.findings]
  const fragments = segments(boxes.filter(({ offset }) => offset >= end)).map(segment => {
    const {
      findings: found,
      summary,
      line,
    } = inspector.inspect(bytes.subarray(segment.start, segment.end))
    findings.push(...found.map(each => ({ ...each, offset: each.offset + segment.start })))
    return { summary, line }
  })
  return { boxes, findings, fragments }
}

/** One line a box, indented, with its key fields. */
export function printBoxes(boxes: readonly Box[], indent = ''): string[] {
  return boxes.flatMap(({ type, offset, size, fields, children }) => {
    const known = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`)
    const line = `${indent}${type}  at ${offset}, ${size} bytes  ${known.join(' ')}`
    return [line.trimEnd(), ...printBoxes(children, `${indent}  `)]
  })
}

/** Each `moof` with the `mdat` behind it, and the `prft` in front of it. */
function segments(boxes: readonly Box[]): { start: number; end: number }[] {
  return boxes.flatMap(({ type, offset, size }, i) => {
    if (type !== 'moof') return []
    const next = boxes[i + 1]
    const end = next?.type === 'mdat' ? next.offset + next.size : offset + size
    const before = boxes[i - 1]
    return [{ start: before?.type === 'prft' ? before.offset : offset, end }]
  })
}
