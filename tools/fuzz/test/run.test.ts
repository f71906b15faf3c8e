import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../run.mjs', import.meta.url))

const cache = mkdtempSync(join(tmpdir(), 'hksv-fuzz-'))
afterAll(() => rmSync(cache, { recursive: true }))

/** Runs the fuzzer on planted faults, as a process: its exit code and its lines are its contract. */
function fuzz(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, '--cache', cache, ...args],
    {
      encoding: 'utf8',
    },
  )
  return { status, stdout, stderr }
}

const fixture = (name: string) =>
  fileURLToPath(new URL(`./fixtures/${name}.fuzz.mjs`, import.meta.url))

describe('the fuzzer', () => {
  it('finds four bytes one after the other, led by coverage', () => {
    const { status, stderr } = fuzz(fixture('magic'), '--runs', '2000000', '--seconds', '600')
    expect(stderr).toMatch(/planted/)
    expect(stderr).toMatch(/^input: 484b5356/m)
    expect(readdirSync(join(cache, 'test-fixtures-magic-crashes'))).toHaveLength(1)
    expect(status).toBe(1)
  })

  it('ends an endless loop and names its input', () => {
    const { status, stderr } = fuzz(fixture('endless'), '--stall-seconds', '1', '--seconds', '600')
    expect(stderr).toMatch(/no end after 1 s/)
    expect(stderr).toMatch(/^input: 48/m)
    expect(status).toBe(1)
  })

  it('survives a target that eats the memory, and names its input', () => {
    const { status, stderr } = fuzz(fixture('greedy'), '--memory-mb', '32', '--seconds', '600')
    expect(stderr).toMatch(/memory/)
    expect(stderr).toMatch(/^input: 48/m)
    expect(status).toBe(1)
  })

  it('goes through several targets and says nothing against sound ones', () => {
    const { status, stdout, stderr } = fuzz(fixture('sound'), fixture('sound'), '--runs', '1000')
    expect(stdout.match(/: 1000 runs/g)).toHaveLength(2)
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it.each([['--runs', 'many'], ['--seconds', '0'], ['--no-such-flag']])(
    'refuses %s %s',
    (...args) => {
      expect(fuzz(...args).status).toBe(2)
    },
  )
})
