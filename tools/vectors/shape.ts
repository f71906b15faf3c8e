/** What keeps a file of vectors from having the one shape of all packages. */

const FILE_TEXTS = ['source', 'licence', 'note'] as const
const ERROR_CODE = /^[A-Z][A-Z\d]*(_[A-Z\d]+)*$/
const HEX = /^([\da-f]{2})*$/

type Json = Readonly<Record<string, unknown>>

/** @returns One sentence for each fault of a parsed file; none when it is sound. */
export function faultsOfFile(file: unknown): string[] {
  if (!isObject(file)) return ['the file is not one object']
  const faults: string[] = []
  if (file['format'] !== 1) faults.push('format is not 1')
  for (const key of FILE_TEXTS) {
    if (!isText(file[key])) faults.push(`${key} is missing or empty`)
  }
  const { cases } = file
  if (!Array.isArray(cases) || cases.length === 0) return [...faults, 'there are no cases']
  return [...faults, ...cases.flatMap(faultsOfCase), ...repeatedNames(cases)]
}

/** @returns Whether a case is an input to be refused. */
export function isRefused(row: unknown): boolean {
  return isObject(row) && row['error'] !== undefined
}

function faultsOfCase(row: unknown, index: number): string[] {
  if (!isObject(row)) return [`case ${index} is not an object`]
  const { name, hex, value, error, offset, canonical, intermediate, note } = row
  const faults = [
    isText(name) || 'has no name',
    hex === undefined || isHex(hex) || 'has a hex that is neither pairs of digits nor their pieces',
    error === undefined || isCode(error) || 'has an error that is no code',
    error === undefined || hex === undefined || value === undefined || 'is both read and refused',
    offset === undefined || isCount(offset) || 'has an offset that is no count of bytes',
    offset === undefined || error !== undefined || 'has an offset but no error',
    canonical === undefined || typeof canonical === 'boolean' || 'is neither canonical nor not',
    intermediate === undefined || isObject(intermediate) || 'has intermediate values without names',
    note === undefined || isText(note) || 'has an empty note',
    Object.keys(row).some(key => key !== 'name' && key !== 'note') || 'has nothing to try',
  ].filter(fault => fault !== true)
  return faults.map(fault => `case ${index} (${String(name)}) ${fault}`)
}

function repeatedNames(cases: readonly unknown[]): string[] {
  const seen = new Set<unknown>()
  return cases.flatMap(row => {
    const name = isObject(row) ? row['name'] : undefined
    if (name === undefined || !seen.has(name)) {
      seen.add(name)
      return []
    }
    return [`two cases are called ${String(name)}`]
  })
}

/** Digits, or a long input as its first bytes, its length and its last ones. */
function isHex(hex: unknown): boolean {
  if (typeof hex === 'string') return HEX.test(hex)
  return isObject(hex) && [hex['prefix'], hex['tail']].every(isHex) && isCount(hex['length'])
}

function isCode(error: unknown): boolean {
  return typeof error === 'string' && ERROR_CODE.test(error)
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
