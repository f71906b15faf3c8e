import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'

import { published } from '../project.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const { scripts } = JSON.parse(read('package.json'))

test('the bill of materials names everything that a user installs', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-sbom-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const out = join(directory, 'sbom.cdx.json')
  const [program, ...args] = String(scripts.sbom).replace('sbom.cdx.json', out).split(' ')
  execFileSync(program ?? '', args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
  const { bomFormat, components } = JSON.parse(readFileSync(out, 'utf8'))
  expect(bomFormat).toBe('CycloneDX')
  const named: { group?: string; name: string; version: string; purl: string }[] = components
  const names = named.map(({ group, name }) => (group ? `${group}/${name}` : name))
  for (const { folder } of published) {
    const { name, dependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    )
    for (const each of Object.keys(dependencies)) expect(names, `of ${name}`).toContain(each)
  }
  for (const { version, purl } of named) expect(`${version} ${purl}`).toMatch(/^\d\S* pkg:npm\//)
  // Peers and tools are nobody's dependency.
  expect(names).not.toContain('hap-nodejs')
})

const workflows = readdirSync(join(root, '.github/workflows'))

test.each(workflows)('%s runs what there is, and may do no more than it has to', name => {
  const workflow = parse(read(`.github/workflows/${name}`))
  expect(Object.keys(workflow.permissions)).toContain('contents')
  for (const job of Object.values<{ 'timeout-minutes': number; steps: Record<string, string>[] }>(
    workflow.jobs,
  )) {
    expect(job['timeout-minutes']).toBeGreaterThan(0)
    for (const { run = '', uses = '' } of job.steps) {
      const [, script] = /^npm run (\S+)/.exec(run) ?? []
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script)
      if (run.startsWith('.ci/')) expect(existsSync(join(root, run))).toBe(true)
      if (uses !== '') expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/)
    }
  }
})

test('a release is made of all packages at once', () => {
  const config = JSON.parse(read('.changeset/config.json'))
  expect(config).toMatchObject({ fixed: [['hksv', '@hksv/*']], access: 'public' })
  const versions = new Set(published.map(({ manifest }) => manifest.version))
  expect(versions.size).toBe(1)
})
