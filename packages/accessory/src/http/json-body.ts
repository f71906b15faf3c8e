const MAX_DEPTH = 64

/**
 * Parses a request's JSON body.
 *
 * @returns `undefined` for anything that is not JSON, or is nested deeper than 64 levels: no schema
 * accepts it.
 */
export function parseJson(body: Uint8Array): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  if (depth(text) > MAX_DEPTH) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // The caller answers 400 whatever was wrong with it.
    return undefined
  }
}

function depth(text: string): number {
  let deepest = 0
  let current = 0
  let isString = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (isString) {
      if (char === '\\') i++
      else if (char === '"') isString = false
    } else if (char === '"') isString = true
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++current)
    else if (char === '}' || char === ']') current--
  }
  return deepest
}
