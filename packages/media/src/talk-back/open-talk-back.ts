import { commandTalkBack } from './command-talk-back.ts'
import { httpTalkBack } from './http-talk-back.ts'
import type { TalkBack } from './talk-back.ts'

/**
 * Makes something that can be talked through of what a user gave. Nothing is started or connected before
 * somebody talks.
 * @param spec - `http(s)://[USER:PASSWORD@]HOST/PATH` of a camera that takes G.711 in a POST, or a command
 * that reads signed 16-bit samples at 16 kHz, one channel, from its standard input.
 * @throws MediaError MEDIA_TALK_BACK_ADDRESS
 * @example
 * ```ts
 * const talkBack = openTalkBack('aplay -q -t raw -f S16_LE -r 16000 -c 1')
 * ```
 */
export function openTalkBack(spec: string): TalkBack {
  return /^https?:/i.test(spec.trim()) ? httpTalkBack(spec.trim()) : commandTalkBack(spec)
}
