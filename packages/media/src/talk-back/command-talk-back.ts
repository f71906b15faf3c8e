import { MediaError } from '../errors.ts'
import { splitArguments } from '../ffmpeg/split-arguments.ts'
import { type ChildEnd, ChildFilter } from '../live-audio/child-filter.ts'
import type { TalkBack } from './talk-back.ts'

/** So long a command may play what it has read. */
const graceMs = 2000

/**
 * A loudspeaker behind a command: it is started when a viewer speaks, reads signed 16-bit samples at
 * 16 kHz from its standard input, and ends with it; after two seconds it is killed.
 * @param command - Split as a shell does, but no shell sees it.
 * @throws MediaError MEDIA_TALK_BACK_ADDRESS when there is nothing in it, or a quote is open.
 */
export function commandTalkBack(command: string): TalkBack {
  const [program, ...args] = wordsOf(command)
  if (program === undefined) throw new MediaError('MEDIA_TALK_BACK_ADDRESS')
  return {
    format: { encoding: 's16le', sampleRate: 16_000 },
    play: (speech, signal) => playTo(program, args, speech, signal),
  }
}

async function playTo(
  program: string,
  args: readonly string[],
  speech: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  let end: ChildEnd | undefined
  const child = new ChildFilter({
    program,
    args,
    onData: () => undefined,
    onEnd: how => {
      end = how
    },
  })
  for await (const chunk of speech) {
    if (end !== undefined) break
    // One that does not read misses what it does not read.
    child.write(chunk)
  }
  if (end === undefined) await child.finish(graceMs)
  if (signal.aborted || end === undefined || end.isWell) return
  const detail = end.isMissing ? `there is no program ${program}` : `${program}: ${end.lastError}`
  throw new MediaError('MEDIA_TALK_BACK', { detail })
}

function wordsOf(command: string): string[] {
  try {
    return splitArguments(command)
  } catch (cause) {
    throw new MediaError('MEDIA_TALK_BACK_ADDRESS', { cause })
  }
}
