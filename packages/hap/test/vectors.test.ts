import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { files, vectors } from './vector.ts'

interface Row {
  readonly error?: string
  readonly refusal?: string
}

describe('the vector files', () => {
  it('are all replayed', () => {
    const folder = new URL('../../../test-vectors/hap/', import.meta.url)
    expect(readdirSync(folder).sort()).toEqual(files.map(name => `${name}.json`).sort())
  })

  it.each(files)('%s has the common shape and enough refused rows', name => {
    const file = vectors<Row>(name)
    expect(file.format).toBe(1)
    for (const text of [file.source, file.licence, file.note]) expect(text).toMatch(/\w{3}/)
    const names = file.cases.map(row => row.name)
    expect(new Set(names).size).toBe(names.length)
    const refused = file.cases.filter(row => (row.error ?? row.refusal) !== undefined)
    expect(refused.length * 3).toBeGreaterThanOrEqual(file.cases.length)
  })
})
