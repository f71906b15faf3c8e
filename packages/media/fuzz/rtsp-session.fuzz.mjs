import { parseRtspAddress, RtspSession } from '@hksv/media/rtsp'

const address = parseRtspAddress('rtsp://user:password@camera/cam')
const sdp = [
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=control:v',
  'm=audio 0 RTP/AVP 0',
  'a=control:a',
].join('\r\n')

/** Lines of answers, of which each byte takes one. */
const lines = [
  'Session: 1;timeout=60',
  'Transport: RTP/AVP/TCP;interleaved=0-1',
  'Transport: RTP/AVP/TCP;interleaved=2-3',
  'Transport: RTP/AVP;server_port=1-2',
  'Public: GET_PARAMETER',
  'Content-Base: rtsp://0.0.0.0/x/',
  'Content-Base: x',
  'Location: rtsp://camera/other',
  'Location: rtsp://elsewhere/',
  'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"',
  'WWW-Authenticate: Digest realm="r", nonce="m", stale=true',
  'WWW-Authenticate: Basic',
  'RTP-Info: url=v;seq=1;rtptime=5,url=a;seq=2',
  'CSeq: 9',
]
const statuses = [200, 200, 200, 200, 401, 302, 461, 454, 501, 404, 100, 500]
const packet = Uint8Array.of(0x24, 0, 0, 12, 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)

/** Each two bytes are an answer, a packet, raw bytes, or time that passes. */
export function fuzz(data) {
  const bytes = new Uint8Array(data)
  const transport = (bytes[0] ?? 0) & 1 ? 'udp' : 'tcp'
  const random = length => new Uint8Array(length).fill(2)
  const session = new RtspSession({ address, transport, random }, 0)
  let now = 0
  const run = events => {
    for (const event of events) {
      if (event.type === 'connect') run(session.send({ type: 'connected' }, now))
      if (event.type === 'bind') run(session.send({ type: 'ports', rtpPort: 2, rtcpPort: 3 }, now))
      if (event.type === 'ready') run(session.send({ type: 'play' }, now))
    }
    let taken = 0
    while (session.take() !== undefined) if (++taken > 50) throw new Error('it talks for ever')
  }
  run(session.send({ type: 'connected' }, now))
  for (let at = 1; at + 1 < bytes.length; at += 2) {
    const [what, detail] = [bytes[at], bytes[at + 1]]
    if (what < 0x80) run(session.receive(answer(what, detail), now))
    else if (what < 0xa0) run(session.receive(packet, now))
    else if (what < 0xc0) run(session.receive(bytes.subarray(at + 1), now))
    else if (what < 0xd0) run(session.send({ type: 'disconnected' }, now))
    else {
      now = session.deadline() ?? now
      run(session.tick(now))
    }
  }
  run(session.send({ type: 'close' }, now))
  run(session.tick(session.deadline() ?? now))
  if (session.deadline() !== undefined) throw new Error('it does not end')
}

function answer(what, detail) {
  const headers = [lines[detail & 15], lines[detail >>> 4]].filter(line => line !== undefined)
  const body = what & 0x40 ? sdp : ''
  const head = [
    `RTSP/1.0 ${statuses[what & 15] ?? 200} X`,
    ...headers,
    `Content-Length: ${body.length}`,
  ]
  return new Uint8Array(Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`))
}
