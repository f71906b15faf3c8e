import { isMediaError } from '@hksv/media'
import { digestResponse, parseRtspAddress, strongestChallenge } from '@hksv/media/rtsp'

import { parseStreams } from '../src/ffmpeg/probe-input.ts'
import { redact } from '../src/ffmpeg/redact.ts'

const PASSWORD = 'secret'

const { credentials } = parseRtspAddress(`rtsp://user:${PASSWORD}@camera/`)

/** Text of others: what a server wants to know, an address as it was typed, what ffmpeg says. */
export function fuzz(data) {
  const text = data.toString('latin1').replaceAll(PASSWORD, '')
  const challenge = strongestChallenge(text.split('\n'))
  if (challenge?.scheme === 'digest') {
    const { algorithm, realm, nonce } = challenge
    const proof = digestResponse(credentials, { algorithm, realm, nonce, method: 'GET', uri: '*' })
    if (!/^[\da-f]{32,64}$/.test(proof)) throw new Error(proof)
  }
  address(text)
  address(`rtsp://user:${PASSWORD}@${text}`)
  address(`rtsp://${text}:${PASSWORD}@camera/`)
  parseStreams(text)
  const host = text.replaceAll(/[^\w.]/g, '').replaceAll(PASSWORD, '')
  if (redact(`rtsp://user:${PASSWORD}@${host}/`).includes(PASSWORD))
    throw new Error('the password is still there')
}

/** Neither what is told to people nor what is said when it is refused has the password in it. */
function address(text) {
  try {
    const read = parseRtspAddress(text)
    const again = parseRtspAddress(read.url)
    if (again.url !== read.url) throw new Error(`${read.url} became ${again.url}`)
  } catch (error) {
    // What is refused is told to people: with the password in it, it is no error of ours.
    if (!isMediaError(error) || error.message.includes(PASSWORD)) throw error
  }
}
