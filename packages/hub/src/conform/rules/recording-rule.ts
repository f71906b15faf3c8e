import type { OpackValue } from '@hksv/hds/opack'

import {
  type Chunk,
  type ReceivedFragment,
  type RecordingEvidence,
  recording,
} from '../evidence/recording.ts'
import type { Lab } from '../lab.ts'
import { type ConformRule, type Fault, firstFault, NotJudged } from '../rule.ts'

/** What a rule says of itself. */
export type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

/** What users notice. */
export const LOST = 'the clip is lost: motion without a recording'
/** What rules rest on. */
export const HUBS = 'observed: Apple home hub'
/** What rules rest on. */
export const SPEC = 'Secure Video R2 §4.2'
/** What shipping cameras send at most in a chunk, in bytes. */
export const CHUNK = 0x40000
/** What a frame can hold, in bytes. */
export const LONGEST_CHUNK: number = 900 * 1024

/** A rule on a recording. */
export function recordingRule(
  words: Words,
  judge: (evidence: RecordingEvidence, lab: Lab) => Fault | undefined | Promise<Fault | undefined>,
): ConformRule {
  return {
    group: 'recording',
    needs: ['recording'],
    ...words,
    judge: async lab => judge(await lab.get(recording), lab),
  }
}

/** A rule on every chunk. */
export function chunkRule(words: Words, judge: (chunk: Chunk) => string | undefined): ConformRule {
  return recordingRule(words, ({ chunks }) =>
    firstFault(chunks, chunk => {
      const text = judge(chunk)
      return text === undefined
        ? undefined
        : { text: `${place(chunk)}: ${text}`, bytes: chunk.head, at: chunk.at }
    }),
  )
}

/** A rule on every fragment, the initialization included. */
export function fragmentRule(
  words: Words,
  judge: (fragment: ReceivedFragment, all: readonly ReceivedFragment[]) => string | undefined,
): ConformRule {
  return recordingRule(words, ({ fragments }) =>
    firstFault(fragments, fragment => {
      const text = judge(fragment, fragments)
      const [chunk] = fragment.chunks
      if (text === undefined || chunk === undefined) return undefined
      return { text: `fragment ${fragment.sequence}: ${text}`, bytes: chunk.head, at: chunk.at }
    }),
  )
}

/** Which chunk it is, for people. */
export function place({ metadata }: Chunk): string {
  const show = (key: string) => String(metadata.get(key))
  return `${show('dataType')} ${show('dataSequenceNumber')}, chunk ${show('dataChunkSequenceNumber')}`
}

/** Whether it is an integer. */
export function isInteger(value: OpackValue | undefined): boolean {
  return typeof value === 'number' && Number.isInteger(value)
}

/** Whether a chunk says that it is the last of its fragment. */
export function isLast({ metadata }: Chunk): boolean {
  const value = metadata.get('isLastDataChunk')
  return value === true || value === 1
}

/** Arrival of fragments, the initialization left out. @throws NotJudged */
export function media({ fragments }: RecordingEvidence): readonly ReceivedFragment[] {
  const found = fragments.slice(1)
  if (found.length === 0) throw new NotJudged('no fragment came')
  return found
}

/** When the last chunk of a fragment came. */
export function arrival(fragment: ReceivedFragment | undefined): number {
  return fragment?.chunks.at(-1)?.at ?? 0
}
