import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const docs = join(root, 'docs')
const bin = join(root, 'packages/cli/dist/bin.js')

const pages = [
  ...readdirSync(docs)
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'packages/cli/README.md',
]
const read = (page: string) => readFileSync(join(root, page), 'utf8')

/** Without what is quoted: code is no link. */
const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '')

/** As VitePress, and GitHub, make an anchor of a heading. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .replace(/[`*]/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

describe.each(pages)('%s', page => {
  test('links to what is there', () => {
    const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to)
    const broken = links.filter(link => {
      if (/^(https?:|mailto:|\/)/.test(link)) return false
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? join(root, page) : resolve(root, dirname(page), path)
      if (!existsSync(target)) return true
      return anchor !== undefined && !anchors(readFileSync(target, 'utf8')).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

test('each of the known pains has an answer', () => {
  const [, part = ''] = read('docs/troubleshooting.md').split('\n## Known from other cameras\n')
  const sections = part.split(/^### /m).slice(1)
  expect(sections.map(text => Number.parseInt(text, 10))).toEqual(
    Array.from({ length: 25 }, (_, i) => i + 1),
  )
  for (const section of sections) {
    const [, ...lines] = section.split('\n')
    expect(lines.join(' ').trim().length).toBeGreaterThan(80)
  }
})

/** Lines of shell in a page that call the command, those of CI recipes too; continued lines put together. */
function commandsOf(page: string): string[] {
  const blocks = [...read(page).matchAll(/```(?:sh|yaml)\n([\s\S]*?)```/g)].map(
    ([, text = '']) => text,
  )
  return blocks
    .flatMap(text => text.replaceAll('\\\n', ' ').split('\n'))
    .flatMap(line => /^\s*(?:-? ?(?:run: )?)?(?:npx (?:--yes )?)?hksv (.+)$/.exec(line)?.[1] ?? [])
    .map(line => line.replace(/(^|\s)#.*$/, '').replace(/\s[|>&;].*$/, ''))
}

describe('commands in the documents', () => {
  const helps = new Map<string, string>()
  /** The help of a command; that of the one above it when there is no such command. */
  function help(words: readonly string[]): string {
    const key = words.join(' ')
    const known = helps.get(key)
    if (known !== undefined) return known
    const text = execFileSync(process.execPath, [bin, ...words, '--help'], { encoding: 'utf8' })
    helps.set(key, text)
    return text
  }

  /** A command is a line of `Commands:` in the help above it. */
  function isCommand(above: readonly string[], word: string): boolean {
    const [, list = ''] = help(above).split('Commands:\n')
    return new RegExp(`^  ${word}\\b`, 'm').test(list)
  }

  test.each(pages)('in %s there are such commands, with such flags', page => {
    const wrong: string[] = []
    for (const line of commandsOf(page)) {
      const words = line.split(/\s+/)
      const command: string[] = []
      for (const word of words) {
        if (!/^[a-z]/.test(word) || !isCommand(command, word)) break
        command.push(word)
      }
      const flags = words
        .filter(word => word.startsWith('--'))
        .map(word => word.split('=')[0] ?? '')
      const text = help(command)
      if (command.length === 0 && !['--version', '--help'].includes(flags[0] ?? ''))
        wrong.push(line)
      wrong.push(...flags.filter(flag => !text.includes(flag)).map(flag => `${line}: ${flag}`))
    }
    expect(wrong).toEqual([])
  })
})

describe('the site', () => {
  const dist = join(docs, '.vitepress/dist')

  beforeAll(() => {
    const run = (program: string, ...args: string[]) =>
      execFileSync(process.execPath, [join(docs, 'node_modules', program), ...args], {
        cwd: docs,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    run('typedoc/bin/typedoc')
    // It fails on links between pages that lead nowhere.
    run('vitepress/bin/vitepress.js', 'build')
  }, 120_000)

  test('has every page, and reaches each of them from the side bar', () => {
    const config = readFileSync(join(docs, '.vitepress/config.ts'), 'utf8')
    for (const page of readdirSync(docs).filter(name => name.endsWith('.md'))) {
      const name = page.replace(/\.md$/, '')
      expect(existsSync(join(dist, `${name}.html`)), name).toBe(true)
      if (name !== 'index') expect(config, name).toContain(`link: '/${name}`)
    }
  })

  test('has what each package exports', () => {
    const config = readFileSync(join(docs, '.vitepress/config.ts'), 'utf8')
    const packages = readdirSync(join(root, 'packages')).filter(name => name !== 'cli')
    for (const name of packages) {
      expect(config).toContain(`text: '@hksv/${name}', link: '/reference/${name}`)
      const [html = ''] = [`${name}/${name}.html`, `${name}.html`]
        .map(page => join(dist, 'reference', page))
        .filter(path => existsSync(path))
        .map(path => readFileSync(path, 'utf8'))
      const source = readFileSync(join(root, 'packages', name, 'src/index.ts'), 'utf8')
      const exported = [...source.matchAll(/^export \{ (\w+) \} from/gm)].map(([, what]) => what)
      const anchor = (what = '') => what.toLowerCase().replaceAll('_', '-')
      expect(exported.filter(what => !html.includes(`id="${anchor(what)}`))).toEqual([])
    }
  })

  test('draws the state diagrams', () => {
    const drawings = read('docs/protocol.md').match(/```mermaid/g)
    const html = readFileSync(join(dist, 'protocol.html'), 'utf8')
    expect(html.match(/<svg role="img"/g)).toHaveLength(drawings?.length ?? 0)
    expect(html.includes('hub opens')).toBe(true)
    expect(html.includes('stateDiagram')).toBe(false)
    // In the dark as well.
    expect(/<svg role="img"[\s\S]*#000000/.test(html)).toBe(false)
  })

  test('links to the repository for what lies outside of it', () => {
    const outside = [...withoutCode(read('docs/security.md')).matchAll(/\]\(\.\.\/([^)#]+)/g)]
    expect(outside.length).toBeGreaterThan(0)
    const html = readFileSync(join(dist, 'security.html'), 'utf8')
    for (const [, path = ''] of outside) {
      expect(html).toContain(`https://github.com/hksv/hksv/blob/main/${relative('.', path)}`)
    }
  })
})

/** With `npx hksv` as this one, and what is judged cut short: all of it takes most of a minute. */
const hasTools = ['setsid', 'curl', 'bash'].every(
  name => spawnSync(name, ['--version']).status === 0,
)
test.runIf(hasTools)(
  'the recipe for CI judges a camera, and leaves its reports',
  () => {
    const [, recipe = ''] =
      /<!-- github -->\n```yaml\n([\s\S]*?)```/.exec(read('docs/plug-ins.md')) ?? []
    const { jobs } = parse(recipe)
    const steps: { run?: string }[] = jobs.conform.steps
    const commands = steps.flatMap(({ run }) => run ?? []).join('\n')
    const script = `
    npx() { [ "$1 $2" = '--yes hksv' ] || exit 9; shift 2; "${process.execPath}" "${bin}" "$@"; }
    set -e
    trap 'echo $? > status; kill 0' EXIT
    ${commands} --group session --store ./store
  `
    const directory = mkdtempSync(join(tmpdir(), 'hksv-recipe-'))
    try {
      const ended = spawnSync('setsid', ['--wait', 'bash', '-c', script], {
        cwd: directory,
        encoding: 'utf8',
      })
      expect(readFileSync(join(directory, 'status'), 'utf8'), ended.stderr).toBe('0\n')
      expect(readFileSync(join(directory, 'conformance.xml'), 'utf8')).toContain('<testsuite')
      expect(existsSync(join(directory, 'conformance.html'))).toBe(true)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
  60_000,
)

test('what the page for authors of plug-ins does first works, line by line', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hksv-page-'))
  const cameraArgs = ['--setup-code', '031-45-154', '--no-mdns', '--storage', 'camera', '--json']
  const camera = spawn(process.execPath, [bin, 'camera', ...cameraArgs], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [text] = await once(createInterface(camera.stdout), 'line')
    const { port } = JSON.parse(text)
    const commands = commandsOf('docs/plug-ins.md')
    const first = commands.slice(0, 1 + commands.findIndex(line => line.startsWith('hub unpair')))
    expect(first).toHaveLength(10)
    for (const line of first) {
      // Those two look at the network, and go on until they are ended: they have tests of their own.
      if (/^hub (discover|watch)/.test(line)) continue
      const args = line
        .trim()
        .replace('--id AA:BB:CC:DD:EE:FF', `--host 127.0.0.1 --port ${port}`)
        .replace(/--duration \d+/, '--duration 3')
        .split(' ')
      const store = args[0] === 'hub' ? ['--store', 'hub'] : []
      const ended = spawnSync(process.execPath, [bin, ...args, ...store], {
        cwd: directory,
        encoding: 'utf8',
      })
      expect(ended.status, `${line}: ${ended.stderr}`).toBe(0)
    }
  } finally {
    camera.kill()
    await once(camera, 'exit')
    rmSync(directory, { recursive: true, force: true })
  }
}, 60_000)
