import { MediaError } from '../errors.ts'

/** In single quotes; in double quotes; behind a backslash; as it is; between words. */
const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|\s+/gsy

/**
 * Splits a command line as a POSIX shell does, but expands nothing: no variables, patterns or commands.
 * Single quotes keep everything; in double quotes a backslash stands before `"`, `\`, `$` and a backtick.
 * @throws MediaError MEDIA_FFMPEG_ARGUMENTS for a quote that is not closed, or a backslash at the end.
 * @see POSIX.1-2017, Shell Command Language 2.2
 */
export function splitArguments(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let at = 0
  for (const [piece, single, double, escaped, plain] of text.matchAll(PIECE)) {
    at += piece.length
    const part = single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain
    if (part !== undefined) word = (word ?? '') + part
    else if (word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  if (at < text.length) {
    const detail = text[at] === '\\' ? 'it ends with a backslash' : `a ${text[at]} is not closed`
    throw new MediaError('MEDIA_FFMPEG_ARGUMENTS', { detail })
  }
  return word === undefined ? words : [...words, word]
}
