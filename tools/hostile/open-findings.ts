/** Faults that are known and not mended yet: begin of the fault, and what has to change. */
export const openFindings: ReadonlyMap<string, string> = new Map([
  ['no version:', 'a request without a version is a syntax error'],
  ['HTTP/0.9:', 'a request of HTTP/0.9 is a syntax error'],
  ['two types:', 'a second Content-Type closes the connection'],
  ['Connection: close:', 'Connection: close is ignored'],
])
