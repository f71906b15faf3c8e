import { connectStream } from '../evidence/streams.ts'
import type { ConformRule, Fault } from '../rule.ts'
import type { RawSession } from '../wire/raw-session.ts'
import type { RawStream } from '../wire/raw-stream.ts'

/** Ten seconds, and something for the way. */
export const EXPIRY_MS = 13_000
/** How long a camera has to close. */
export const CLOSE_MS = 3000
/** What users notice. */
export const NO_CLIPS = 'motion is reported, and no clip ever comes'

/** What a rule says of itself. */
export type Words = Pick<ConformRule, 'name' | 'severity' | 'checks' | 'matters' | 'source'>

/** A rule on data streams. */
export function hdsRule(
  words: Words,
  judge: ConformRule['judge'],
  more: Partial<ConformRule> = {},
): ConformRule {
  return { group: 'hds', needs: ['camera'], ...words, ...more, judge }
}

/** A rule with a connection of its own, and a data stream on it before hello. */
export function streamRule(
  words: Words,
  judge: (stream: RawStream, session: RawSession) => Promise<Fault | undefined>,
  more: Partial<ConformRule> = {},
): ConformRule {
  return hdsRule(
    words,
    async lab => {
      const session = await lab.connect()
      try {
        return await judge(await connectStream(lab, session), session)
      } finally {
        session.close()
      }
    },
    more,
  )
}
