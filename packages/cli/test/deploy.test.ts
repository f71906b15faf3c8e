import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, onTestFinished, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

import { CameraProcess, hksv } from './run.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const text = (path: string) => readFileSync(join(root, 'deploy', path), 'utf8')

/** @returns The instructions, each in one line, without comments. */
function dockerfile(): { instruction: string; words: string }[] {
  const lines = text('Dockerfile').replaceAll('\\\n', ' ').split('\n')
  return lines
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => {
      const [, instruction = '', words = ''] = /^([A-Z]+) +(.+)$/.exec(line) ?? []
      return { instruction, words }
    })
}

test('the Dockerfile copies what is there, and builds with the versions of this repository', () => {
  const steps = dockerfile()
  const known = ['ARG', 'FROM', 'WORKDIR', 'COPY', 'RUN', 'USER', 'VOLUME', 'ENV']
  known.push('HEALTHCHECK', 'ENTRYPOINT', 'CMD')
  expect(steps.filter(({ instruction }) => !known.includes(instruction))).toEqual([])
  const copied = steps
    .filter(({ instruction, words }) => instruction === 'COPY' && !words.startsWith('--from'))
    .flatMap(({ words }) => words.split(' ').slice(0, -1))
  expect(copied).toContain('pnpm-lock.yaml')
  for (const path of copied) expect([path, existsSync(join(root, path))]).toEqual([path, true])
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const runs = steps.filter(({ instruction }) => instruction === 'RUN').map(({ words }) => words)
  for (const run of runs.filter(words => words.includes('pnpm@')))
    expect(run).toContain(`${manifest.packageManager} `)
  const stages = steps.filter(({ instruction }) => instruction === 'FROM')
  expect(stages.map(({ words }) => words.split(' AS ')[1])).toEqual(['build', undefined])
  // Whoever runs is nobody who may change the program.
  const user = steps.findIndex(({ instruction }) => instruction === 'USER')
  expect(steps[user]?.words).toBe('node')
  expect(user).toBeGreaterThan(steps.findLastIndex(({ instruction }) => instruction === 'RUN'))
})

test('what the Dockerfile runs are commands that there are', async () => {
  for (const { instruction, words } of dockerfile()) {
    if (!['HEALTHCHECK', 'CMD'].includes(instruction)) continue
    const list: string[] = JSON.parse(words.slice(words.indexOf('[')))
    const args = list.filter(word => word !== 'node' && !word.endsWith('bin.js'))
    expect(await hksv([...args, '--help'])).toMatchObject({ code: 0, stderr: '' })
  }
})

test('the cameras of the example are ones that hksv takes', async () => {
  const schema = readFileSync(join(root, 'docs/schema/camera-config.schema.json'), 'utf8')
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(JSON.parse(schema))
  expect(validate(JSON.parse(text('cameras.json')))).toBe(true)
  const path = join(root, 'deploy/cameras.json')
  const { stderr } = await hksv(['camera', '--config', path, '--only', 'none'])
  expect(stderr).toContain('there is no camera "none"; there are porch, front-door')
})

test('compose and Kubernetes run the camera on the network of the host, with its data kept', () => {
  const { services, volumes } = parse(text('compose.yaml'))
  expect(services.hksv).toMatchObject({
    network_mode: 'host',
    build: { context: '..', dockerfile: 'deploy/Dockerfile' },
  })
  expect(services.hksv.volumes).toContain('hksv:/data')
  expect(Object.keys(volumes)).toEqual(['hksv'])
  for (const mount of services.hksv.volumes.filter((one: string) => one.startsWith('./')))
    expect(existsSync(join(root, 'deploy', mount.split(':')[0]))).toBe(true)

  for (const folder of ['base', 'porch']) {
    const { resources } = parse(text(`kubernetes/${folder}/kustomization.yaml`))
    for (const path of resources)
      expect(existsSync(join(root, 'deploy/kubernetes', folder, path))).toBe(true)
  }
  const [set, service] = ['statefulset', 'service'].map(name => {
    const documents = parseAllDocuments(text(`kubernetes/base/${name}.yaml`))
    expect(documents.flatMap(({ errors }) => errors)).toEqual([])
    return documents[0]?.toJS()
  })
  const { template, selector, serviceName, volumeClaimTemplates, replicas } = set.spec
  expect([set.apiVersion, set.kind, replicas]).toEqual(['apps/v1', 'StatefulSet', 1])
  expect(serviceName).toBe(service.metadata.name)
  expect(template.metadata.labels).toMatchObject(selector.matchLabels)
  expect(service.spec.selector).toEqual(selector.matchLabels)
  const { hostNetwork, containers, volumes: given, securityContext } = template.spec
  expect([hostNetwork, securityContext.runAsNonRoot]).toEqual([true, true])
  const [{ volumeMounts, ports, livenessProbe, readinessProbe, args }] = containers
  const names = [...given, ...volumeClaimTemplates.map((one: { metadata: object }) => one.metadata)]
  expect(volumeMounts.map(({ name }: { name: string }) => name).sort()).toEqual(
    names.map(({ name }) => name).sort(),
  )
  expect(template.metadata.annotations['prometheus.io/port']).toBe(String(ports[0].containerPort))
  expect(livenessProbe.exec.command.slice(2)).toEqual(['health', '--alive'])
  expect(readinessProbe.exec.command.slice(2)).toEqual(['health'])
  expect(args).toContain('--only')
})

test('every metric of the dashboard and the alerts is one that is there, and none is forgotten', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-deploy-'))
  const storage = ['--storage', join(directory, 'data')]
  // The example's ports may be taken on this machine.
  const config = JSON.parse(text('cameras.json'), (key, value) => (key === 'port' ? 0 : value))
  const path = join(directory, 'cameras.json')
  writeFileSync(path, JSON.stringify(config))
  const cameras = new CameraProcess(['--config', path, ...storage])
  onTestFinished(async () => {
    await cameras.stop('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  })
  const { controlUrl } = await cameras.eventOf('porch', 'listening')
  const metrics = await (await fetch(new URL('/metrics', String(controlUrl)))).text()
  const types = [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)]
  const there = new Set(types.map(([, name = '']) => name))
  expect(there.size).toBeGreaterThan(20)
  const dashboard = text('grafana/hksv.json')
  const alerts = text('prometheus/alerts.yml')
  const used = (from: string) =>
    new Set([...from.matchAll(/\bhksv_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')))
  expect([...used(dashboard), ...used(alerts)].filter(name => !there.has(name))).toEqual([])
  expect([...there].filter(name => !used(dashboard).has(name))).toEqual([])

  const { panels } = JSON.parse(dashboard)
  const ids = panels.map(({ id }: { id: number }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  // What an alert asks for by outcome is an outcome.
  const outcomes = [...metrics.matchAll(/hksv_events_total\{camera="porch",outcome="([^"]+)"/g)]
  const known = outcomes.map(([, outcome]) => outcome)
  const { groups } = parse(alerts)
  for (const { expr, alert, annotations } of groups[0].rules) {
    expect([alert, typeof expr, typeof annotations.summary]).toEqual([alert, 'string', 'string'])
    const [, wanted = ''] = /outcome=~"([^"]+)"/.exec(expr) ?? []
    for (const outcome of wanted.split('|').filter(Boolean)) expect(known).toContain(outcome)
  }
}, 30_000)

const isHere = spawnSync('systemd-analyze', ['--version']).status === 0
if (!isHere && process.env['CI'] === 'true') throw new Error('systemd-analyze is missing in CI')

test.skipIf(!isHere)('systemd understands every line of the units', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-units-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const units = readdirSync(join(root, 'deploy')).filter(name => name.endsWith('.service'))
  expect(units).toHaveLength(2)
  for (const unit of units) {
    const path = join(directory, unit.replace('@.', '@porch.'))
    copyFileSync(join(root, 'deploy', unit), path)
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], {
      encoding: 'utf8',
    })
    // It may speak of other units of this machine.
    const said = stderr.split('\n').filter(line => line.includes('hksv'))
    expect([unit, status, said]).toEqual([unit, 0, []])
  }
})
