import { OggOpusReader, parseOpusPacket, writeOpusPacket } from '@hksv/media'

/** The first byte tells how long the pieces of the Ogg stream are; all of it is a packet, too. */
export function fuzz(data) {
  packet(new Uint8Array(data))
  const reader = new OggOpusReader()
  const length = 1 + (data[0] ?? 0)
  try {
    for (let at = 1; at < data.length; at += length) {
      const piece = new Uint8Array(data.subarray(at, at + length))
      for (const read of reader.receive(piece)) packet(read)
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
}

/** What is a packet can be written anew, and is the same then. */
function packet(bytes) {
  const parsed = parseOpusPacket(bytes)
  if (parsed === undefined) return
  const { kind, frames, frameSamples } = parsed
  if (frames.length * frameSamples > 5760) throw new Error('a packet longer than 120 ms')
  const again = parseOpusPacket(writeOpusPacket(kind, frames))
  const text = all => all.map(frame => Buffer.from(frame).toString('hex')).join()
  if (again === undefined || text(again.frames) !== text(frames)) throw new Error('another packet')
}
