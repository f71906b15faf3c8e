/** The bytes of a request as Apple's controllers write them; text and JSON values as a JSON body. */
export function request(method: string, path: string, body?: unknown): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n`
  if (body === undefined) return Buffer.from(`${head}\r\n`)
  const isBinary = body instanceof Uint8Array
  const bytes = isBinary || typeof body === 'string' ? Buffer.from(body) : jsonBytes(body)
  const type = isBinary ? 'application/pairing+tlv8' : 'application/hap+json'
  const about = `Content-Type: ${type}\r\nContent-Length: ${bytes.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head + about), bytes])
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
