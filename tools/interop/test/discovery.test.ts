import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { Avahi } from './support/avahi.ts'
import { hub, Search, type WireMessage, Witness } from './support/camera.ts'
import { Lab, reason, TIMEOUT_MS } from './support/lab.ts'
import { all, announces, instance, SERVICE_TYPE, textsOf } from './support/wire.ts'

const hasAvahi = ['avahi-daemon', 'avahi-browse', 'avahi-publish', 'dbus-daemon'].every(
  program => spawnSync(program, ['--version']).status === 0,
)
if (!hasAvahi && process.env['CI'] === 'true') throw new Error('Avahi is missing in CI')

const lab = new Lab()

describe.skipIf(reason !== undefined)(
  `announcements (${reason ?? 'on networks of our own'})`,
  () => {
    test(
      'our hub finds the camera, sees it paired and free again, and gone',
      async () => {
        lab.here.connect(lab.there, 1)
        const witness = await Witness.start(lab.there, '10.1.0.2')
        const porch = lab.camera(lab.here, 'Porch')
        const { id, port, setupCode } = await porch.event('listening')
        await witness.record(announces('Porch', 'sf=1'))
        const [found] = await hub(lab.there, 'discover', '--timeout', '3')
        expect(found).toMatchObject({ event: 'found', id, name: 'Porch', port, isPaired: false })
        expect(found?.['addresses']).toEqual(['10.1.0.1', expect.stringMatching(/^fe80::.*%eth1$/)])

        const store = ['--store', join(lab.directory, 'hub')]
        const free = witness.count
        const own = ['--id', String(id).toLowerCase(), '--code', String(setupCode), ...store]
        await hub(lab.there, 'pair', ...own)
        await witness.record(announces('Porch', 'sf=0'), free)
        const paired = witness.count
        await hub(lab.there, 'unpair', ...store)
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
        lab.here.connect(lab.there, 1)
        const avahi = await Avahi.start(lab.there, lab.directory)
        const porch = lab.camera(lab.here, 'Porch')
        const { id, port, setupCode } = await porch.event('listening')
        const seen = await avahi.browse(
          ({ name, version }) => name === 'Porch' && version === 'IPv4',
        )
        const host = `hksv-${String(id).replaceAll(':', '').toLowerCase()}.local`
        expect(seen).toMatchObject({ interfaceName: 'eth1', host, port })
        // Either is right, and Avahi chooses.
        expect(lab.here.addresses('eth1')).toContain(seen.address)
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

        const store = ['--store', join(lab.directory, 'hub')]
        const where = ['--host', '10.1.0.1', '--port', String(port)]
        await hub(lab.there, 'pair', ...where, '--code', String(setupCode), ...store)
        await avahi.browse(({ name, texts: now }) => name === 'Porch' && now.includes('sf=0'))
        await hub(lab.there, 'unpair', ...store)
        await avahi.browse(({ name, texts: now }) => name === 'Porch' && now.includes('sf=1'))
        expect(await porch.stop()).toBe(0)
        await avahi.browseUntilGone('Porch')
      },
      TIMEOUT_MS,
    )

    test.skipIf(!hasAvahi)(
      'what Avahi announces, our hub finds and our camera leaves alone',
      async () => {
        lab.here.connect(lab.there, 1)
        const avahi = await Avahi.start(lab.there, lab.directory)
        const texts = ['ID=aa:bb:cc:dd:ee:ff', 'md=Theirs', 'ci=17', 'C#=4', 'SF=1', 'sh=rxqrlA==']
        const takeBack = await avahi.publish('Porch', 4711, ...texts)
        const witness = await Witness.start(lab.there, '10.1.0.2')
        const porch = lab.camera(lab.here, 'Porch')
        const { id } = await porch.event('listening')
        await witness.record(announces('Porch (2)'))
        const search = new Search(lab.here)
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
        lab.here.connect(lab.there, 1)
        const witness = await Witness.start(lab.there, '10.1.0.2')
        const porch = lab.camera(lab.here, 'Porch')
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
        witness.ask({ via: '10.1.0.2', name: SERVICE_TYPE, type: 'PTR' })
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
        lab.here.connect(lab.there, 1)
        const witness = await Witness.start(lab.there, '10.1.0.2')
        const cameras = [lab.camera(lab.here, 'Twin'), lab.camera(lab.there, 'Twin')]
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
        const third = lab.camera(lab.here, 'Twin')
        await third.event('listening')
        await witness.record(announces('Twin (3)'))
        expect(await Promise.all([...cameras, third].map(each => each.stop()))).toEqual([0, 0, 0])
      },
      TIMEOUT_MS,
    )
  },
)
