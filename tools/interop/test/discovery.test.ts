import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { Avahi } from './support/avahi.ts'
import {
  CameraOn,
  hub,
  Search,
  type WireMessage,
  type WireRecord,
  Witness,
} from './support/camera.ts'
import { Namespace, whyNoNamespaces } from './support/namespace.ts'

const reason = whyNoNamespaces()
if (reason !== undefined && process.env['CI'] === 'true') throw new Error(reason)

const hasAvahi = ['avahi-daemon', 'avahi-browse', 'avahi-publish', 'dbus-daemon'].every(
  program => spawnSync(program, ['--version']).status === 0,
)
if (!hasAvahi && process.env['CI'] === 'true') throw new Error('Avahi is missing in CI')

const TYPE = '_hap._tcp.local'
const TIMEOUT_MS = 40_000

let directory = ''
let here: Namespace
let there: Namespace

beforeEach(async () => {
  if (reason !== undefined) return
  directory = mkdtempSync(join(tmpdir(), 'hksv-discovery-'))
  ;[here, there] = await Promise.all([Namespace.create(), Namespace.create()])
})

afterEach(() => {
  if (reason !== undefined) return
  here.close()
  there.close()
  rmSync(directory, { recursive: true, force: true })
})

function camera(machine: Namespace, name: string, ...args: string[]): CameraOn {
  return new CameraOn(machine, join(directory, `camera-${Math.random()}`), [
    '--name',
    name,
    ...args,
  ])
}

const instance = (name: string) => `${name}.${TYPE}`
const textsOf = ({ data }: WireRecord) => data as string[]
const all = ({ answers, additionals }: WireMessage) => [...answers, ...additionals]
const addressesOf = (message: WireMessage) =>
  all(message).flatMap(({ type, data }) => (type === 'A' || type === 'AAAA' ? [String(data)] : []))

/** An announcement of this instance, not a goodbye. */
const announces =
  (name: string, text = 'pv=1.1') =>
  ({ name: of, type, ttl, flush, data }: WireRecord) =>
    type === 'TXT' &&
    of === instance(name) &&
    ttl > 0 &&
    flush &&
    textsOf({ data } as WireRecord).includes(text)

describe.skipIf(reason !== undefined)(
  `on networks of our own (${reason ?? 'they can be made'})`,
  () => {
    test(
      'our hub finds the camera, sees it paired and free again, and gone',
      async () => {
        here.connect(there, 1)
        const witness = await Witness.start(there, '10.1.0.2')
        const porch = camera(here, 'Porch')
        const { id, port, setupCode } = await porch.event('listening')
        await witness.record(announces('Porch', 'sf=1'))
        const [found] = await hub(there, 'discover', '--timeout', '3')
        expect(found).toMatchObject({ event: 'found', id, name: 'Porch', port, isPaired: false })
        expect(found?.['addresses']).toEqual(['10.1.0.1', expect.stringMatching(/^fe80::.*%eth1$/)])

        const store = ['--store', join(directory, 'hub')]
        const free = witness.count
        const own = ['--id', String(id).toLowerCase(), '--code', String(setupCode), ...store]
        await hub(there, 'pair', ...own)
        await witness.record(announces('Porch', 'sf=0'), free)
        const paired = witness.count
        await hub(there, 'unpair', ...store)
        await witness.record(announces('Porch', 'sf=1'), paired)
        const goodbyes = () =>
          witness.messages.all
            .slice(1)
            .flatMap(all)
            .filter(({ ttl }) => ttl === 0)
        expect(goodbyes()).toEqual([])

        const running = witness.count
        expect(await porch.stop()).toBe(0)
        await witness.record(({ type, ttl }) => type === 'PTR' && ttl === 0, running)
        expect(new Set(goodbyes().map(({ type }) => type))).toEqual(
          new Set(['PTR', 'SRV', 'TXT', 'A', 'AAAA']),
        )
        expect(goodbyes().some(({ name }) => name.startsWith('_services'))).toBe(false)
      },
      TIMEOUT_MS,
    )

    test.skipIf(!hasAvahi)(
      `Avahi ${hasAvahi ? 'sees' : '(not installed) sees'} all that`,
      async () => {
        here.connect(there, 1)
        const avahi = await Avahi.start(there, directory)
        const porch = camera(here, 'Porch')
        const { id, port, setupCode } = await porch.event('listening')
        const seen = await avahi.browse(
          ({ name, version }) => name === 'Porch' && version === 'IPv4',
        )
        const host = `hksv-${String(id).replaceAll(':', '').toLowerCase()}.local`
        expect(seen).toMatchObject({ interfaceName: 'eth1', host, address: '10.1.0.1', port })
        const texts = [
          'c#=1',
          'ci=17',
          'ff=0',
          `id=${id}`,
          'md=HKSV Camera',
          'pv=1.1',
          's#=1',
          'sf=1',
        ]
        const hash = expect.stringMatching(/^sh=[A-Za-z0-9+/]{6}==$/)
        expect(seen.texts).toHaveLength(9)
        expect(seen.texts).toEqual(expect.arrayContaining([...texts, hash]))

        const store = ['--store', join(directory, 'hub')]
        const where = ['--host', '10.1.0.1', '--port', String(port)]
        await hub(there, 'pair', ...where, '--code', String(setupCode), ...store)
        await avahi.browse(({ name, texts: now }) => name === 'Porch' && now.includes('sf=0'))
        await hub(there, 'unpair', ...store)
        await avahi.browse(({ name, texts: now }) => name === 'Porch' && now.includes('sf=1'))
        expect(await porch.stop()).toBe(0)
        await avahi.browseUntilGone('Porch')
      },
      TIMEOUT_MS,
    )

    test.skipIf(!hasAvahi)(
      'what Avahi announces, our hub finds and our camera leaves alone',
      async () => {
        here.connect(there, 1)
        const avahi = await Avahi.start(there, directory)
        const texts = ['ID=aa:bb:cc:dd:ee:ff', 'md=Theirs', 'ci=17', 'C#=4', 'SF=1', 'sh=rxqrlA==']
        const takeBack = await avahi.publish('Porch', 4711, ...texts)
        const witness = await Witness.start(there, '10.1.0.2')
        const porch = camera(here, 'Porch')
        const { id } = await porch.event('listening')
        await witness.record(announces('Porch (2)'))
        const search = new Search(here)
        const theirs = await search.changes.find(change => change['id'] === 'AA:BB:CC:DD:EE:FF')
        expect(theirs).toMatchObject({
          event: 'found',
          name: 'Porch',
          port: 4711,
          category: 17,
          model: 'Theirs',
          configurationNumber: 4,
          isPaired: false,
          setupHash: 'rxqrlA==',
        })
        await search.changes.find(change => change['id'] === id && change['name'] === 'Porch (2)')
        takeBack()
        await search.changes.find(({ event, name }) => event === 'lost' && name === 'Porch')
        expect(await porch.stop()).toBe(0)
        await search.changes.find(({ event, name }) => event === 'lost' && name === 'Porch (2)')
        expect(await search.stop()).toBe(0)
      },
      TIMEOUT_MS,
    )

    test(
      'questions are answered to whom they are asked for, unless the answer is known',
      async () => {
        here.connect(there, 1)
        const witness = await Witness.start(there, '10.1.0.2')
        const porch = camera(here, 'Porch')
        await porch.event('listening')
        const first = await witness.record(announces('Porch'))
        const service = all(first).find(({ type }) => type === 'SRV')

        witness.ask({ via: '10.1.0.2', name: instance('Porch'), type: 'SRV', legacy: true })
        const legacy = await witness.messages.find(({ isLegacy }) => isLegacy)
        expect(legacy).toMatchObject({ id: 4711, questions: [{ name: instance('Porch') }] })
        expect(all(legacy).every(({ ttl, flush }) => ttl <= 10 && !flush)).toBe(true)

        // Of two questions the first has an answer that is known, so only the second is answered.
        const asked = witness.count
        const ask = { via: '10.1.0.2', name: instance('Porch') }
        witness.ask({ ...ask, type: 'SRV', known: [service ?? {}] })
        witness.ask({ ...ask, type: 'TXT', unicast: true })
        const isAnswer = ({ type, answers }: WireMessage) =>
          type === 'response' && answers.length === 1
        const answered = await witness.messages.find(isAnswer, asked)
        expect(answered.answers).toMatchObject([{ type: 'TXT', name: instance('Porch') }])

        const again = witness.count
        witness.ask({ via: '10.1.0.2', name: TYPE, type: 'PTR' })
        const listed = await witness.messages.find(isAnswer, again)
        expect(listed.answers).toMatchObject([{ type: 'PTR', data: instance('Porch') }])
        expect(listed.additionals.map(({ type }) => type)).toEqual(['SRV', 'TXT', 'A', 'AAAA'])
        expect(await porch.stop()).toBe(0)
      },
      TIMEOUT_MS,
    )

    test(
      'of two cameras of one name one takes another',
      async () => {
        here.connect(there, 1)
        const witness = await Witness.start(there, '10.1.0.2')
        const cameras = [camera(here, 'Twin'), camera(there, 'Twin')]
        const ids = await Promise.all(
          cameras.map(async each => (await each.event('listening'))['id']),
        )
        const messages = [
          await witness.record(announces('Twin')),
          await witness.record(announces('Twin (2)')),
        ]
        const announced = messages.map(message =>
          all(message).flatMap(record => (record.type === 'TXT' ? textsOf(record)[2] : [])),
        )
        expect(announced.flat().sort()).toEqual(ids.map(id => `id=${id}`).sort())
        // A third one comes when both names are taken.
        const third = camera(here, 'Twin')
        await third.event('listening')
        await witness.record(announces('Twin (3)'))
        expect(await Promise.all([...cameras, third].map(each => each.stop()))).toEqual([0, 0, 0])
      },
      TIMEOUT_MS,
    )

    test(
      'every interface gets its own addresses, over IPv4 and IPv6, also one that comes later',
      async () => {
        here.connect(there, 1)
        here.connect(there, 2)
        const witness = await Witness.start(there, '10.1.0.2', '10.2.0.2', 'eth1', 'eth2')
        const porch = camera(here, 'Porch')
        await porch.event('listening')
        const linkLocal = (name: string) =>
          /inet6 (fe80:[^/]*)/.exec(here.run('ip', ['address', 'show', 'dev', name]))?.[1] ?? 'none'
        for (const name of ['eth1', 'eth2']) {
          const [ipv4, ipv6] = [`10.${name.slice(3)}.0.1`, linkLocal(name)]
          for (const sender of [ipv4, `${ipv6}%${name}`]) {
            const heard = await witness.record(
              (record, { from }) => from === sender && announces('Porch')(record),
            )
            expect(addressesOf(heard)).toEqual([ipv4, ipv6])
          }
        }
        here.connect(there, 3)
        const later = await Witness.start(there, '10.3.0.2')
        const heard = await later.record(
          (record, { from }) => from === '10.3.0.1' && announces('Porch')(record),
        )
        expect(addressesOf(heard)).toEqual(['10.3.0.1', linkLocal('eth3')])

        // A new address, as from DHCP.
        here.run('ip', ['address', 'flush', 'dev', 'eth3', 'scope', 'global'])
        here.run('ip', ['address', 'add', '10.3.0.7/24', 'dev', 'eth3'])
        await later.record(({ type, data }) => type === 'A' && data === '10.3.0.7')
        // An interface that is gone harms nobody.
        here.run('ip', ['link', 'delete', 'eth1'])
        const gone = witness.count
        witness.ask({ via: '10.2.0.2', name: instance('Porch'), type: 'TXT' })
        await witness.record(
          (record, { from }) => from === '10.2.0.1' && announces('Porch')(record),
          gone,
        )
        expect(await porch.stop()).toBe(0)
      },
      TIMEOUT_MS,
    )

    test(
      'a camera that has moved is found again by those that are paired with it',
      async () => {
        here.connect(there, 1)
        const storage = join(directory, 'moving')
        const first = new CameraOn(here, storage, ['--port', '41000'])
        const { id, setupCode } = await first.event('listening')
        const store = ['--store', join(directory, 'hub')]
        await hub(there, 'pair', '--id', String(id), '--code', String(setupCode), ...store)
        expect(await first.stop()).toBe(0)
        here.run('ip', ['address', 'flush', 'dev', 'eth1', 'scope', 'global'])
        here.run('ip', ['address', 'add', '10.1.0.9/24', 'dev', 'eth1'])
        const second = new CameraOn(here, storage, ['--port', '42000'])
        await second.event('listening')
        const [info] = await hub(there, 'info', ...store)
        expect(info).toMatchObject({ deviceId: id, host: '10.1.0.9', port: 42_000 })
        expect(await second.stop()).toBe(0)
      },
      TIMEOUT_MS,
    )

    test(
      'bound to an address, nothing else is announced, and nowhere else',
      async () => {
        here.connect(there, 1)
        here.connect(there, 2)
        const witness = await Witness.start(there, '10.1.0.2', '10.2.0.2', 'eth1', 'eth2')
        const porch = camera(here, 'Porch', '--bind', '10.1.0.1')
        await porch.event('listening')
        const heard = await witness.record(announces('Porch'))
        expect(addressesOf(heard)).toEqual(['10.1.0.1'])
        expect(await porch.stop()).toBe(0)
        await witness.record(({ type, ttl }) => type === 'PTR' && ttl === 0)
        const inner = await Witness.start(here, '127.0.0.1')
        const local = camera(here, 'Local', '--bind', '127.0.0.1')
        await local.event('listening')
        expect(addressesOf(await inner.record(announces('Local')))).toEqual(['127.0.0.1'])
        expect(await local.stop()).toBe(0)
        // Marks the end: had anything been sent before, it would have been heard before.
        const last = camera(here, 'Last', '--bind', '10.2.0.1')
        await witness.record(announces('Last'))
        expect(await last.stop()).toBe(0)
        const senders = new Map<string, Set<string>>()
        for (const message of witness.messages.all.slice(1)) {
          for (const { name } of message.type === 'query' ? message.questions : message.answers) {
            if (!name.endsWith(`.${TYPE}`)) continue
            senders.set(name, (senders.get(name) ?? new Set()).add(message.from))
          }
        }
        expect(Object.fromEntries(senders)).toEqual({
          [instance('Porch')]: new Set(['10.1.0.1']),
          [instance('Last')]: new Set(['10.2.0.1']),
        })
      },
      TIMEOUT_MS,
    )

    test(
      'a camera that starts before the network is announced when there is one',
      async () => {
        const porch = camera(here, 'Porch')
        await porch.event('listening')
        await porch.errors.find(line => line.includes('There is no network'))
        here.connect(there, 1)
        const witness = await Witness.start(there, '10.1.0.2')
        await witness.record(announces('Porch'))
        expect(porch.errors.all.filter(line => line.includes('There is no network'))).toHaveLength(
          1,
        )
        expect(await porch.stop()).toBe(0)
      },
      TIMEOUT_MS,
    )
  },
)
