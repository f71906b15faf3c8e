import { MediaError, type MediaErrorCode } from '../errors.ts'
import { redact } from './redact.ts'

/** How a child ended. */
export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last of what it wrote to its standard error. */
  readonly stderr: string
}

type Rule = readonly [pattern: RegExp, code: MediaErrorCode, detail: string]

/** What ffmpeg says, from the most telling to the least. `$1` is what the pattern found. */
const RULES: readonly Rule[] = [
  [/Unknown encoder '([\w-]+)'/, 'MEDIA_FFMPEG_ENCODER', 'it does not have $1'],
  [/Cannot load (\S+\.so\S*)/, 'MEDIA_FFMPEG_ENCODER', '$1 is missing'],
  [
    /No VA display|Failed to initialise VAAPI|No capable devices|Could not find a valid device|Device creation failed/,
    'MEDIA_FFMPEG_ENCODER',
    'there is no device for it',
  ],
  [
    /Error while opening encoder|Error initializing output stream/,
    'MEDIA_FFMPEG_ENCODER',
    'it does not start with this size and rate',
  ],
  [
    /Unrecognized option '([^']{1,60})'|Option (?:not found|'?(\S{1,60}?)'? not found)|Error splitting the argument list/,
    'MEDIA_FFMPEG_ARGUMENTS',
    'ffmpeg does not know the option $1',
  ],
  [
    /Trailing option|Missing argument for option '?(\S{1,60}?)'?[.\s]/,
    'MEDIA_FFMPEG_ARGUMENTS',
    'an option has no value',
  ],
  [
    /401 Unauthorized|authorization failed/i,
    'MEDIA_FFMPEG_INPUT',
    'it wants another user or password',
  ],
  [/403 Forbidden/i, 'MEDIA_FFMPEG_INPUT', 'access is forbidden'],
  [
    /404 (?:Stream )?Not Found/i,
    'MEDIA_FFMPEG_INPUT',
    'there is no such stream; check the path of the address',
  ],
  [/Connection refused/i, 'MEDIA_FFMPEG_INPUT', 'connection refused'],
  [/Connection timed out|Operation timed out/i, 'MEDIA_FFMPEG_INPUT', 'it does not answer'],
  [
    /No route to host|Network is unreachable/i,
    'MEDIA_FFMPEG_INPUT',
    'the network does not reach it',
  ],
  [
    /Failed to resolve hostname|Name or service not known/i,
    'MEDIA_FFMPEG_INPUT',
    'its host name is unknown',
  ],
  [/Protocol not found/i, 'MEDIA_FFMPEG_INPUT', 'ffmpeg does not know this kind of address'],
  [/Unknown input format: '?([\w-]+)/i, 'MEDIA_FFMPEG_INPUT', 'ffmpeg does not know the format $1'],
  [
    /moov atom not found/i,
    'MEDIA_FFMPEG_INPUT',
    'the file has no end; its recording was not finished',
  ],
  [/No such file or directory/i, 'MEDIA_FFMPEG_INPUT', 'no such file'],
  [/Permission denied/i, 'MEDIA_FFMPEG_INPUT', 'permission denied'],
  [/Device or resource busy/i, 'MEDIA_FFMPEG_INPUT', 'the device is used by another program'],
  [
    /matches no streams|does not contain any stream/i,
    'MEDIA_FFMPEG_NO_VIDEO',
    'there is no video in it',
  ],
  [
    /Invalid data found when processing input|could not find codec parameters|EBML header parsing failed/i,
    'MEDIA_FFMPEG_INPUT',
    'it is no video that ffmpeg can read',
  ],
  [/Server returned ([45]\S\S[^\n]{0,60})/i, 'MEDIA_FFMPEG_INPUT', 'its server answers $1'],
]

/**
 * Says in one sentence why ffmpeg ended: what its standard error says of it, its last line, or its exit.
 * @param source - For people: without user and password.
 */
export function explainFailure(source: string, exit: ChildExit): MediaError {
  const stderr = redact(exit.stderr)
  for (const [pattern, code, text] of RULES) {
    const found = pattern.exec(stderr)
    if (found === null) continue
    const word = found.slice(1).find(group => group !== undefined) ?? ''
    return new MediaError(code, { source, detail: text.replace('$1', word).trim() })
  }
  const { code, signal } = exit
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `killed by ${signal}`
  const line = lastLine(stderr)
  const detail = line === undefined || signal !== null ? how : `${line}, ${how}`
  return new MediaError('MEDIA_FFMPEG_ENDED', {
    source,
    detail: code === 0 ? 'the input is over' : detail,
  })
}

function lastLine(stderr: string): string | undefined {
  const lines = stderr.split('\n').map(line => line.replace(/^\[[^\]]*\] /, '').trim())
  // What a name looked like in memory tells nobody anything.
  return lines
    .filter(line => line !== '')
    .at(-1)
    ?.slice(0, 200)
}
