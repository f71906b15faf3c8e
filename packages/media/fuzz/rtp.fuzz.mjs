import { LipSync, parseRtcp, RtpReceiver, rtpFormat } from '@hksv/media/rtp'

const sets = 'Z00AKZpkA8ARPy4C3AQEBQAAAwPoAAC7gOhgAwsAAMK0u8uNDABhYAAYVpd5cKA=,aO48gA=='
const formats = [
  { rtpmap: 'H264/90000', fmtp: `sprop-parameter-sets=${sets}` },
  { rtpmap: 'H265/90000' },
  {
    rtpmap: 'MPEG4-GENERIC/16000',
    fmtp: 'sizelength=13;indexlength=3;indexdeltalength=3;config=1408',
  },
  {
    rtpmap: 'MPEG4-GENERIC/16000',
    fmtp: 'sizelength=6;indexlength=2;indexdeltalength=2;config=1408',
  },
  { rtpmap: 'MP4A-LATM/16000', fmtp: 'config=400028103fc0' },
  { rtpmap: 'opus/48000/2' },
].map(format => rtpFormat({ payloadType: 96, ...format }))

/**
 * The first byte chooses format and transport. Then come packets behind one byte of length, each a
 * whole packet (odd: of RTP or RTCP) or a payload (even), for which a header is made that makes sense.
 */
export function fuzz(data) {
  const [choice = 0] = data
  const format = formats[choice % formats.length]
  const transport = choice >= 128 ? 'udp' : 'tcp'
  const sync = new LipSync()
  const receiver = new RtpReceiver({ format, transport, sync, ssrc: 1, maxPictureBytes: 10_000 })
  let now = 0
  let sequenceNumber = choice
  let last = Number.NEGATIVE_INFINITY
  const check = events => {
    for (const event of events) if (event.type === 'sample') last = checkSample(event.sample, last)
  }
  for (let at = 1; at < data.length; ) {
    const length = data[at]
    const body = new Uint8Array(data.subarray(at + 1, at + 1 + length))
    at += 1 + length
    now += length
    if (length % 2 === 1) check(receiver.receive(body, now))
    else check(receiver.receive(withHeader(body, sequenceNumber++), now))
    if ((receiver.deadline() ?? Infinity) <= now) check(receiver.tick(now))
    receiver.take()
  }
  check(receiver.end())
  parseRtcp(new Uint8Array(data))
}

/** The first byte tells mark, loss and time; the rest is payload. */
function withHeader([flags = 0, ...payload], sequenceNumber) {
  const sequence = sequenceNumber + ((flags & 0x40) >> 6)
  const time = (sequenceNumber - (flags & 7)) * 3000
  const head = [0x80, (flags & 0x80) | 96, sequence >> 8, sequence, ...word(time), ...word(7)]
  return Uint8Array.from([...head, ...payload])
}

const word = value => [value >>> 24, value >>> 16, value >>> 8, value]

/** @returns When the sample is decoded: later than the one before. */
function checkSample({ track, decodeTime, compositionTimeOffset = 0, isSync, data }, last) {
  if (!Number.isSafeInteger(decodeTime) || !Number.isSafeInteger(compositionTimeOffset))
    throw new Error(`decoded at ${decodeTime}, shown ${compositionTimeOffset} later`)
  if (decodeTime <= last && track === 'video') throw new Error(`${decodeTime} after ${last}`)
  if (data.length === 0 || typeof isSync !== 'boolean') throw new Error('an empty sample')
  if (track === 'audio') return decodeTime
  let at = 0
  while (at < data.length) {
    const length = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]
    if (!(length > 0)) throw new Error(`a NAL unit of ${length} bytes`)
    const nal = Buffer.from(data.subarray(at + 4, at + 4 + length))
    if (nal.indexOf(Uint8Array.of(0, 0, 1)) >= 0) throw new Error('a start code in a NAL unit')
    if ((nal[0] & 0x80) !== 0 || nal.at(-1) === 0) throw new Error('no NAL unit')
    at += 4 + length
  }
  if (at !== data.length) throw new Error('the lengths do not add up')
  return decodeTime
}
