/** Members of a query that are a secret, or name who has it. */
const SECRETS =
  /([?&](?:user(?:name)?|usr|login|pass(?:word|wd)?|pwd|psw|token|auth|key)=)[^&\s'"]*/gi

/**
 * Takes users, passwords and tokens out of every address in a text.
 * @returns What may be shown: `rtsp://host/path` of `rtsp://user:password@host/path`.
 */
export function redact(text: string): string {
  return text.replace(/(\w+:\/\/)[^\s'"]*@/g, '$1').replace(SECRETS, '$1…')
}
