import { AdtsReader, AnnexBReader } from '@hksv/media/bitstream'

const maxPictureBytes = 1000

/** The first byte chooses the codec and how long the pieces are in which the rest is handed over. */
export function fuzz(data) {
  const [choice = 0] = data
  const codec = choice % 2 === 0 ? 'h264' : 'h265'
  const length = 1 + (choice >> 1)
  const video = new AnnexBReader({ codec, maxPictureBytes })
  const audio = new AdtsReader()
  const onPicture = picture => {
    if (picture.data.length > maxPictureBytes) throw new Error('a picture larger than allowed')
    if (picture.data.length < 5) throw new Error('a picture of nothing')
  }
  const onFrame = frame => {
    if (frame.data.length === 0 || frame.config.channels === 0) throw new Error('an empty frame')
  }
  for (let at = 1; at < data.length; at += length) {
    const piece = new Uint8Array(data.subarray(at, at + length))
    video.push(piece, onPicture)
    audio.push(piece, onFrame)
  }
  video.flush(onPicture)
  audio.flush(onFrame)
}
