// Writes down every multicast DNS message on its interfaces, and asks what it is told to ask.
// Arguments: interface addresses of IPv4 (10.1.0.2) or names of IPv6 (eth0). Each message is one
// JSON line on standard output; each line on standard input is a question:
// { "via": "10.1.0.2", "name": …, "type": …, "unicast": true, "legacy": true, "known": [records] }
import { createSocket } from 'node:dgram'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const hub = createRequire(new URL('../../../packages/hub/package.json', import.meta.url))
const library = createRequire(hub.resolve('bonjour-service'))
const packets = createRequire(library.resolve('multicast-dns'))('dns-packet')

const PORT = 5353
const UNICAST_BIT = 0x80

/** @returns {Promise<import('node:dgram').Socket>} */
function open(via, port) {
  const isIpv6 = !via.includes('.')
  const [address, group] = isIpv6 ? [`::%${via}`, 'ff02::fb'] : [via, '224.0.0.251']
  const socket = createSocket({
    type: isIpv6 ? 'udp6' : 'udp4',
    reuseAddr: true,
    ipv6Only: isIpv6,
  })
  socket.on('message', (bytes, { address: from, port: fromPort }) => {
    const message = packets.decode(bytes)
    for (const records of [message.answers, message.additionals, message.authorities]) {
      for (const record of records) {
        if (record.type === 'TXT') record.data = record.data.map(text => text.toString())
      }
    }
    const line = { via, from, fromPort, isLegacy: port !== PORT, ...message }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  })
  return new Promise(resolve => {
    socket.bind(port, () => {
      if (port === PORT) socket.addMembership(group, address)
      socket.setMulticastInterface(address)
      socket.setMulticastTTL(255)
      resolve(Object.assign(socket, { group }))
    })
  })
}

const sockets = new Map()
for (const via of process.argv.slice(2)) sockets.set(via, await open(via, PORT))

createInterface({ input: process.stdin }).on('line', async line => {
  const { via, name, type, unicast = false, legacy = false, known = [] } = JSON.parse(line)
  const bytes = packets.encode({
    type: 'query',
    id: legacy ? 4711 : 0,
    questions: [{ name, type }],
    answers: known,
  })
  // The class is behind the header, the name and the type.
  if (unicast) bytes[12 + packets.name.encodingLength(name) + 2] |= UNICAST_BIT
  const socket = legacy ? await open(via, 0) : sockets.get(via)
  socket.send(bytes, PORT, socket.group)
})
process.stdout.write('{"isReady":true}\n')
