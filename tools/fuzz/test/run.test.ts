import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('../run.mjs', import.meta.url))

/** Targets with planted faults. */
const targets = {
  // Throws for inputs that begin with four certain bytes: blind guessing would not find them.
  magic: `
    if (bytes[0] !== 0x48) return
    if (bytes[1] !== 0x4b) return
    if (bytes[2] !== 0x53) return
    if (bytes[3] === 0x56) throw new RangeError('planted')`,
  // Never returns for inputs that begin with one certain byte.
  endless: 'for (let i = 0; bytes[0] === 0x48; i++) if (i < 0) return',
  // Allocates without end.
  greedy: 'for (const kept = []; bytes[0] === 0x48; ) kept.push({ kept })',
  sound: 'return bytes.length > 3 && bytes[0] === 0x48',
}

const folder = mkdtempSync(join(tmpdir(), 'hksv-fuzz-'))
const cache = join(folder, 'cache')
mkdirSync(join(folder, 'planted/fuzz'), { recursive: true })
for (const [name, body] of Object.entries(targets)) {
  writeFileSync(target(name), `export function fuzz(bytes) { ${body} }\n`)
}
afterAll(() => rmSync(folder, { recursive: true }))

function target(name: string): string {
  return join(folder, `planted/fuzz/${name}.fuzz.mjs`)
}

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

describe('the targets of the packages', () => {
  it('take all that was ever kept, and some more', { timeout: 120_000 }, () => {
    const { status, stdout, stderr } = fuzz('--runs', '600')
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout.match(/^(?:accessory|fmp4|hap|hds|hub|media|tlv8)-/gm)?.length).toBeGreaterThan(
      30,
    )
  })
})

describe('the fuzzer', () => {
  it('finds four bytes one after the other, led by coverage', () => {
    const { status, stderr } = fuzz(target('magic'), '--runs', '2000000', '--seconds', '600')
    expect(stderr).toMatch(/planted/)
    expect(stderr).toMatch(/^input: 484b5356/m)
    expect(readdirSync(join(cache, 'planted-magic-crashes'))).toHaveLength(1)
    expect(status).toBe(1)
  })

  it('ends an endless loop and names its input', () => {
    const { status, stderr } = fuzz(target('endless'), '--stall-seconds', '1', '--seconds', '600')
    expect(stderr).toMatch(/no end after 1 s/)
    expect(stderr).toMatch(/^input: 48/m)
    expect(status).toBe(1)
  })

  it('survives a target that eats the memory, and names its input', () => {
    const { status, stderr } = fuzz(target('greedy'), '--memory-mb', '32', '--seconds', '600')
    expect(stderr).toMatch(/memory/)
    expect(stderr).toMatch(/^input: 48/m)
    expect(status).toBe(1)
  })

  it('goes through several targets and says nothing against sound ones', () => {
    const { status, stdout, stderr } = fuzz(target('sound'), target('sound'), '--runs', '1000')
    expect(stdout.match(/^planted-sound +1000 /gm)).toHaveLength(2)
    expect(stdout).toMatch(/^all +2000 /m)
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('keeps few inputs that reach the same, and begins with them', () => {
    const { status } = fuzz(target('sound'), '--runs', '20000', '--minimize')
    expect(status).toBe(0)
    const corpus = readFileSync(target('sound').replace('.fuzz.mjs', '.corpus'), 'utf8')
    // Nothing, and what is long enough.
    expect(corpus).toMatch(/^\n[\da-f]{8,}\n$/)
    expect(fuzz(target('sound'), '--runs', '1').stdout).toMatch(/^planted-sound +\d+ +\d+ +[2-9]/m)
  })

  it('shares minutes among all targets', () => {
    const start = performance.now()
    const { stdout } = fuzz(target('sound'), target('sound'), '--minutes', '0.02', '--jobs', '1')
    expect(stdout.match(/^planted-sound +[1-9]\d*/gm)).toHaveLength(2)
    expect(performance.now() - start).toBeGreaterThan(1000)
  })

  it.each([
    ['--runs', 'many'],
    ['--seconds', '0'],
    ['--seconds', '1', '--minutes', '1'],
    ['--no-such-flag'],
    ['no-such-target.mjs'],
  ])('refuses %s %s', (...args) => {
    const { status, stderr } = fuzz(...args)
    expect(stderr).toMatch(/^.+\n$/)
    expect(status).toBe(2)
  })
})
