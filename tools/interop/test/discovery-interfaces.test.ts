import { once } from 'node:events'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { CameraOn, hub, type WireMessage, type WireRecord, Witness } from './support/camera.ts'
import { Lab, reason, TIMEOUT_MS } from './support/lab.ts'
import { addressesOf, announces, instance, SERVICE_TYPE } from './support/wire.ts'

const lab = new Lab()

describe.skipIf(reason !== undefined)(`interfaces (${reason ?? 'on networks of our own'})`, () => {
  test(
    'every interface gets its own addresses, over IPv4 and IPv6, also one that comes later',
    async () => {
      lab.here.connect(lab.there, 1)
      lab.here.connect(lab.there, 2)
      const witness = await Witness.start(lab.there, '10.1.0.2', '10.2.0.2', 'eth1', 'eth2')
      const porch = lab.camera(lab.here, 'Porch')
      await porch.event('listening')
      for (const name of ['eth1', 'eth2']) {
        const [ipv4 = '', ipv6 = ''] = lab.here.addresses(name)
        for (const sender of [ipv4, `${ipv6}%${name}`]) {
          const heard = await witness.record(
            (record, { from }) => from === sender && announces('Porch')(record),
          )
          expect(addressesOf(heard)).toEqual([ipv4, ipv6])
        }
      }
      lab.here.connect(lab.there, 3)
      const later = await Witness.start(lab.there, '10.3.0.2')
      const heard = await later.record(
        (record, { from }) => from === '10.3.0.1' && announces('Porch')(record),
      )
      expect(addressesOf(heard)).toEqual(lab.here.addresses('eth3'))

      // A new address, as from DHCP.
      lab.here.run('ip', ['address', 'flush', 'dev', 'eth3', 'scope', 'global'])
      lab.here.run('ip', ['address', 'add', '10.3.0.7/24', 'dev', 'eth3'])
      await later.record(({ type, data }) => type === 'A' && data === '10.3.0.7')
      // An interface that is gone harms nobody.
      lab.here.run('ip', ['link', 'delete', 'eth1'])
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
      lab.here.connect(lab.there, 1)
      const storage = join(lab.directory, 'moving')
      const first = new CameraOn(lab.here, storage, ['--port', '41000'])
      const { id, setupCode } = await first.event('listening')
      const store = ['--store', join(lab.directory, 'hub')]
      await hub(lab.there, 'pair', '--id', String(id), '--code', String(setupCode), ...store)
      expect(await first.stop()).toBe(0)
      lab.here.run('ip', ['address', 'flush', 'dev', 'eth1', 'scope', 'global'])
      lab.here.run('ip', ['address', 'add', '10.1.0.9/24', 'dev', 'eth1'])
      const second = new CameraOn(lab.here, storage, ['--port', '42000'])
      await second.event('listening')
      const [info] = await hub(lab.there, 'info', ...store)
      expect(info).toMatchObject({ deviceId: id, host: '10.1.0.9', port: 42_000 })
      expect(await second.stop()).toBe(0)
    },
    TIMEOUT_MS,
  )

  test(
    'bound to an address, nothing else is announced, and nowhere else',
    async () => {
      lab.here.connect(lab.there, 1)
      lab.here.connect(lab.there, 2)
      const witness = await Witness.start(lab.there, '10.1.0.2', '10.2.0.2', 'eth1', 'eth2')
      const porch = lab.camera(lab.here, 'Porch', '--bind', '10.1.0.1')
      await porch.event('listening')
      const heard = await witness.record(announces('Porch'))
      expect(addressesOf(heard)).toEqual(['10.1.0.1'])
      expect(await porch.stop()).toBe(0)
      await witness.record(({ type, ttl }) => type === 'PTR' && ttl === 0)
      const inner = await Witness.start(lab.here, '127.0.0.1')
      const local = lab.camera(lab.here, 'Local', '--bind', '127.0.0.1')
      await local.event('listening')
      expect(addressesOf(await inner.record(announces('Local')))).toEqual(['127.0.0.1'])
      expect(await local.stop()).toBe(0)
      // Marks the end: had anything been sent before, it would have been heard before.
      const last = lab.camera(lab.here, 'Last', '--bind', '10.2.0.1')
      await witness.record(announces('Last'))
      expect(await last.stop()).toBe(0)
      const senders = new Map<string, Set<string>>()
      for (const message of witness.messages.all.slice(1)) {
        for (const { name } of message.type === 'query' ? message.questions : message.answers) {
          if (!name.endsWith(`.${SERVICE_TYPE}`)) continue
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
    'a taken port and garbage on the wire stop nobody',
    async () => {
      lab.here.connect(lab.there, 1)
      const script = (...statements: string[]) => ['-e', statements.join(';')]
      const selfish = lab.here.start(
        process.execPath,
        script(
          "const socket = require('dgram').createSocket('udp4')",
          'socket.bind(5353, () => console.log(1))',
        ),
      )
      await once(selfish.stdout, 'data')
      const porch = lab.camera(lab.here, 'Porch')
      await porch.errors.find(line => line.includes('eth1 cannot be used (bind EADDRINUSE'))
      selfish.kill('SIGKILL')
      const witness = await Witness.start(lab.there, '10.1.0.2')
      const fromIpv4 = (record: WireRecord, { from }: WireMessage) =>
        from === '10.1.0.1' && announces('Porch')(record)
      await witness.record(fromIpv4)
      expect(porch.errors.all.filter(line => line.includes('cannot be used'))).toHaveLength(1)

      const noise = lab.there.start(
        process.execPath,
        script(
          "const socket = require('dgram').createSocket('udp4')",
          "const { randomBytes } = require('crypto')",
          // A header of a query, a question count, and then anything.
          "const head = Buffer.from('000000000001000100010001', 'hex')",
          'const send = n => n === 0 ? socket.close() : socket.send(Buffer.concat(' +
            '[head.subarray(0, n % 13), randomBytes(n)]), 5353, "10.1.0.1", () => send(n - 1))',
          'send(1000)',
        ),
      )
      expect((await once(noise, 'close'))[0]).toBe(0)
      const asked = witness.count
      witness.ask({ via: '10.1.0.2', name: instance('Porch'), type: 'TXT' })
      await witness.record(fromIpv4, asked)
      expect(await porch.stop()).toBe(0)
    },
    TIMEOUT_MS,
  )

  test(
    'a camera that starts before the network is announced when there is one',
    async () => {
      const porch = lab.camera(lab.here, 'Porch')
      await porch.event('listening')
      await porch.errors.find(line => line.includes('There is no network'))
      lab.here.connect(lab.there, 1)
      const witness = await Witness.start(lab.there, '10.1.0.2')
      await witness.record(announces('Porch'))
      expect(porch.errors.all.filter(line => line.includes('There is no network'))).toHaveLength(1)
      expect(await porch.stop()).toBe(0)
    },
    TIMEOUT_MS,
  )
})
