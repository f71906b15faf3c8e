/** A way in which a server wants to know who we are. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'digest'
      readonly algorithm: DigestAlgorithm
      readonly realm: string
      readonly nonce: string
      readonly opaque?: string
      /** Absent for servers of RFC 2069. */
      readonly qop?: 'auth'
      /** The password is right, only the nonce is too old. */
      readonly isStale: boolean
    }

/** What is understood, the strongest first. @see RFC 7616 §6.1 */
export const digestAlgorithms = ['SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'] as const

/** An algorithm of Digest. */
export type DigestAlgorithm = (typeof digestAlgorithms)[number]

/**
 * Reads what a server asks for.
 * @param headers - Each `WWW-Authenticate`; one may hold several challenges.
 * @returns The strongest that is understood.
 * @see RFC 7616 §3.3, RFC 7617 §2, RFC 9110 §11.6.1
 */
export function strongestChallenge(headers: readonly string[]): Challenge | undefined {
  const strength = (challenge: Challenge): number =>
    challenge.scheme === 'basic'
      ? digestAlgorithms.length
      : digestAlgorithms.indexOf(challenge.algorithm)
  const [strongest] = headers
    .flatMap(split)
    .flatMap(({ scheme, parameters }) => understood(scheme, parameters))
    .sort((a, b) => strength(a) - strength(b))
  return strongest
}

interface Raw {
  readonly scheme: string
  readonly parameters: Map<string, string>
}

/** A scheme, or a name and its value in quotes or without. */
const part = /([\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?[\s,]*/g

function split(text: string): Raw[] {
  const challenges: Raw[] = []
  for (const [, name = '', quoted, bare] of text.matchAll(part)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
  }
  return challenges
}

function understood(scheme: string, parameters: ReadonlyMap<string, string>): Challenge[] {
  if (scheme === 'basic') return [{ scheme }]
  const nonce = parameters.get('nonce')
  if (scheme !== 'digest' || nonce === undefined) return []
  const wanted = (parameters.get('algorithm') ?? 'MD5').toLowerCase()
  const algorithm = digestAlgorithms.find(name => name.toLowerCase() === wanted)
  const qops = (parameters.get('qop') ?? '').toLowerCase().split(/[\s,]+/)
  const isAuth = qops.includes('auth')
  // Bodies of ours are empty, but no camera was met that wants them signed.
  const isUnknownQop = !isAuth && qops.some(qop => qop !== '')
  if (algorithm === undefined || isUnknownQop) return []
  const opaque = parameters.get('opaque')
  return [
    {
      scheme,
      algorithm,
      realm: parameters.get('realm') ?? '',
      nonce,
      ...(opaque === undefined ? {} : { opaque }),
      ...(isAuth ? { qop: 'auth' } : {}),
      isStale: parameters.get('stale')?.toLowerCase() === 'true',
    },
  ]
}
