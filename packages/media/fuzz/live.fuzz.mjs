import {
  LiveReceiver,
  liveRules,
  RtpSender,
  SrtpReceiver,
  SrtpSender,
  srtpSuites,
} from '@hksv/media/live'
import { parseRtpPacket } from '@hksv/media/rtp'

const srtp = { suite: 'AES_CM_128_HMAC_SHA1_80', key: new Uint8Array(16), salt: new Uint8Array(14) }
const format = {
  ...{ kind: 'video', codec: 'h264', payloadType: 99, clockRate: 90_000 },
  parameterSets: [],
}
const random = length => new Uint8Array(length)
const codecs = ['h264', 'h265', 'opus', 'aac-eld']

/**
 * The first byte chooses what the rest is: frames to be sent (the second byte chooses codec and MTU),
 * datagrams of a camera or of a viewer behind one byte of length, protected by us when that is odd.
 */
export function fuzz(data) {
  const bytes = new Uint8Array(data)
  const [choice = 0, second = 0] = bytes
  if (choice < 86) send(bytes.subarray(2), codecs[second & 3], 80 + second)
  else if (choice < 172) view(bytes.subarray(1))
  else answer(bytes.subarray(1))
}

/** No packet is larger than the MTU, and all that is protected is opened. */
function send(bytes, codec, mtu) {
  const options = { codec, payloadType: 99, ssrc: 1, timescale: 90_000, ipVersion: 4, random }
  const sender = new RtpSender({ ...options, mtu, srtp, parameterSets: [Uint8Array.of(0x67, 1)] })
  const receiver = new SrtpReceiver(srtp)
  let now = 0
  for (const frame of datagrams(bytes)) {
    sender.send({ decodeTime: now * 90, isSync: (frame[0] & 1) === 1, data: frame }, now)
    now += 33
    sender.tick(now)
    for (let sent = sender.take(now); sent; sent = sender.take(now)) {
      if (sent.length + 28 > mtu && (sent[1] & 0x7f) === 99) throw new Error(`${sent.length} bytes`)
      const isReport = sent[1] === 200
      const plain = isReport ? receiver.unprotectRtcp(sent) : receiver.unprotectRtp(sent)
      if (typeof plain === 'string') throw new Error(plain)
      if (!isReport && parseRtpPacket(plain) === undefined) throw new Error('no RTP')
    }
  }
}

function view(bytes) {
  const terms = { format, ssrc: 1, peerSsrc: 7, ipVersion: 4 }
  const plain = new LiveReceiver(terms)
  const keyed = new LiveReceiver({ ...terms, srtp, peerSrtp: srtp })
  let now = 0
  for (const datagram of datagrams(bytes)) {
    now += datagram.length
    for (const receiver of [plain, keyed]) {
      receiver.receive(datagram.slice(), now)
      if ((receiver.deadline() ?? Infinity) <= now) receiver.tick(now)
      receiver.take()
    }
  }
  for (const receiver of [plain, keyed]) {
    receiver.end(now)
    for (const { rule, count, detail } of receiver.findings())
      if (!(rule in liveRules && count > 0 && detail.length < 100)) throw new Error(rule)
  }
}

function answer(bytes) {
  const options = {
    codec: 'h264',
    payloadType: 99,
    ssrc: 1,
    timescale: 90_000,
    ipVersion: 4,
    random,
  }
  const sender = new RtpSender({ ...options, srtp, peerSrtp: srtp })
  const peer = new SrtpSender(srtp)
  for (const datagram of datagrams(bytes)) {
    const { tagLength } = srtpSuites[srtp.suite]
    const sealed = new Uint8Array(datagram.length + 4 + tagLength)
    sealed.set(datagram)
    const isSealed = datagram.length % 2 === 1 && datagram.length >= 8
    if (isSealed) peer.protectRtcp(sealed, datagram.length)
    for (const event of sender.receive(isSealed ? sealed : datagram.slice(), 5)) {
      if (event.type === 'reception-report' && !((event.roundTripMs ?? 0) >= 0))
        throw new Error(`${event.roundTripMs} ms`)
      if (event.type === 'nack' && event.sequenceNumbers.length > 1000) throw new Error('too many')
    }
  }
}

function* datagrams(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes[at]
    if (end > at + 1) yield bytes.slice(at + 1, end)
    at = end
  }
}
