/** A body for one of the endpoints that read JSON. */
export interface JsonRow {
  readonly name: string
  readonly expected: readonly string[]
  readonly body: string | Uint8Array
}

const MAX_BODY = 32 * 1024
const REFUSED = ['400']
const NOT_WRITTEN = ['207']
const EMPTY = '{"characteristics":[]}'

const nested = (depth: number) =>
  `{"characteristics":[],"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
const padded = (length: number) => EMPTY.padEnd(length)
const bytes = (...parts: (string | Uint8Array)[]) =>
  Buffer.concat(parts.map(part => Buffer.from(part)))

/** Bodies of `PUT /characteristics`, with the instance id of a switch and the value it does not have. */
export function writeRows(iid: number, value: boolean): readonly JsonRow[] {
  const entry = (members: string) => `{"characteristics":[{"aid":1,"iid":${iid}${members}}]}`
  const refused = (name: string, body: string | Uint8Array): JsonRow => ({
    name,
    body,
    expected: REFUSED,
  })
  const valued = (name: string, value: string | Uint8Array): JsonRow => ({
    name,
    body: bytes(`{"characteristics":[{"aid":1,"iid":${iid},"value":`, value, '}]}'),
    expected: NOT_WRITTEN,
  })
  // No number that anybody can hold: the value is wrong, or the JSON.
  const beyond = (name: string, value: string) => ({
    ...valued(name, value),
    expected: ['207', '400'],
  })
  const malformed = (name: string, value: string | Uint8Array) => ({
    ...valued(name, value),
    expected: REFUSED,
  })
  return [
    { name: '64 levels', body: nested(64), expected: ['204'] },
    refused('65 levels', nested(65)),
    refused('8,000 levels', nested(8000)),
    refused('brackets that never close', '['.repeat(32_000)),
    refused('braces that never close', '{"a":'.repeat(6000)),
    { name: '10 MB of brackets', body: '['.repeat(10_000_000), expected: ['closed'] },
    { name: '32,000 bytes', body: padded(32_000), expected: ['204'] },
    { name: '32 KiB and a byte', body: padded(MAX_BODY + 1), expected: ['closed'] },
    refused('a string of 32 KB that never ends', `"${'x'.repeat(32_000)}`),
    refused('32 KB of backslashes', `"${'\\'.repeat(32_001)}"`),
    refused('a number of 32 KB', '1'.repeat(32_000)),
    refused('nothing', ''),
    refused('blanks', '  \r\n\t '),
    refused('null', 'null'),
    refused('a number', '1'),
    refused('a string', '"characteristics"'),
    refused('a list', '[]'),
    refused('no list in it', '{"characteristics":{}}'),
    refused('null for the list', '{"characteristics":null}'),
    refused('numbers for entries', '{"characteristics":[1,2]}'),
    refused('two values', `${EMPTY}${EMPTY}`),
    refused('a comma behind', '{"characteristics":[],}'),
    refused('nonsense behind', `${EMPTY}x`),
    refused('NUL behind', `${EMPTY}\0`),
    refused('a comment', `/* */${EMPTY}`),
    refused('single quotes', "{'characteristics':[]}"),
    refused('a byte order mark', bytes('\ufeff', EMPTY)),
    refused('UTF-16', Buffer.from(EMPTY, 'utf16le')),
    refused('aid twice', entry(`,"aid":1,"value":${value}`)),
    refused('iid twice', entry(`,"iid":${iid},"value":${value}`)),
    refused('pid twice', '{"characteristics":[],"pid":1,"pid":1}'),
    refused('value null', entry(',"value":null')),
    refused('no iid', `{"characteristics":[{"aid":1,"value":${value}}]}`),
    refused('aid in a string', `{"characteristics":[{"aid":"1","iid":${iid},"value":${value}}]}`),
    refused('negative aid', `{"characteristics":[{"aid":-1,"iid":${iid},"value":${value}}]}`),
    refused('aid of 1.5', `{"characteristics":[{"aid":1.5,"iid":${iid},"value":${value}}]}`),
    refused('aid of 10^400', `{"characteristics":[{"aid":1e400,"iid":${iid},"value":${value}}]}`),
    {
      ...refused(
        'aid of 2^64',
        `{"characteristics":[{"aid":18446744073709551616,"iid":1,"value":${value}}]}`,
      ),
      expected: ['400', '207'],
    },
    {
      name: 'ids of 2^64-1',
      body: `{"characteristics":[{"aid":18446744073709551615,"iid":18446744073709551615,"value":${value}}]}`,
      expected: NOT_WRITTEN,
    },
    {
      name: 'ids of 2^53+1',
      body: `{"characteristics":[{"aid":9007199254740993,"iid":9007199254740993,"value":${value}}]}`,
      expected: NOT_WRITTEN,
    },
    {
      name: 'aid 0',
      body: `{"characteristics":[{"aid":0,"iid":0,"value":${value}}]}`,
      expected: NOT_WRITTEN,
    },
    {
      name: 'prototype for a member',
      body: `{"__proto__":{"characteristics":[]},"characteristics":[]}`,
      expected: ['204'],
    },
    refused('members of the prototype', `{"__proto__":{"characteristics":[]}}`),
    { name: 'neither value nor ev', body: entry(''), expected: NOT_WRITTEN },
    refused('ev in a string', entry(',"ev":"true"')),
    refused('ev of 2', entry(',"ev":2')),
    {
      name: '900 entries',
      body: `{"characteristics":[${Array(900).fill(`{"aid":1,"iid":${iid}}`).join()}]}`,
      expected: NOT_WRITTEN,
    },
    beyond('value of 10^400', '1e400'),
    beyond('value of -10^400', '-1e400'),
    beyond('value of 400 digits', '9'.repeat(400)),
    valued('value of 2^64', '18446744073709551616'),
    valued('value of 1.5', '1.5'),
    valued('value of 2', '2'),
    valued('value of -1', '-1'),
    valued('a list for a value', '[]'),
    valued('an object for a value', '{"__proto__":1}'),
    valued('a string for a value', '"true"'),
    valued('a lone surrogate', '"\\ud800"'),
    valued('surrogates in the wrong order', '"\\udc00\\ud800"'),
    valued('NUL in a string', '"\\u0000"'),
    valued('a string of 30 KB', `"${'x'.repeat(30_000)}"`),
    malformed('NaN', 'NaN'),
    malformed('Infinity', '-Infinity'),
    malformed('a zero first', '01'),
    malformed('a plus', '+1'),
    malformed('a point first', '.5'),
    malformed('a point last', '1.'),
    malformed('hex', '0x01'),
    malformed('undefined', 'undefined'),
    malformed('True', 'True'),
    malformed('a control character', '"\u0001"'),
    malformed('a line break in a string', '"\n"'),
    malformed('invalid UTF-8', bytes('"', Uint8Array.of(0xff, 0xfe), '"')),
    malformed('half a character', bytes('"', Uint8Array.of(0xe2, 0x82), '"')),
    malformed('overlong NUL', bytes('"', Uint8Array.of(0xc0, 0x80), '"')),
    malformed('a surrogate in UTF-8', bytes('"', Uint8Array.of(0xed, 0xa0, 0x80), '"')),
    malformed('beyond Unicode', bytes('"', Uint8Array.of(0xf4, 0x90, 0x80, 0x80), '"')),
    malformed('an escape that is none', '"\\x41"'),
    malformed('half an escape', '"\\u12"'),
  ]
}

const ttl = (value: string, expected: readonly string[]): JsonRow => ({
  name: `ttl of ${value}`,
  body: `{"ttl":${value},"pid":1}`,
  expected,
})

/** Bodies of `PUT /prepare`. */
export const prepareRows: readonly JsonRow[] = [
  ttl('0', ['200', '400']),
  ttl('9007199254740992', ['200']),
  ttl('18446744073709551615', ['200']),
  ttl('18446744073709551616', ['200', '400']),
  ttl('-1', REFUSED),
  ttl('1.5', REFUSED),
  ttl('1e400', REFUSED),
  ttl('"1"', REFUSED),
  ttl('null', REFUSED),
  { name: 'no ttl', body: '{"pid":1}', expected: REFUSED },
  { name: 'no pid', body: '{"ttl":1}', expected: REFUSED },
  { name: 'ttl twice', body: '{"ttl":1,"ttl":1,"pid":1}', expected: REFUSED },
  { name: 'pid twice', body: '{"ttl":1,"pid":1,"pid":1}', expected: REFUSED },
  { name: 'a member that nobody knows', body: '{"ttl":1,"pid":1,"x":[{}]}', expected: ['200'] },
]

const image = (members: string, expected: readonly string[]): JsonRow => ({
  name: `picture with ${members}`,
  body: `{"resource-type":"image",${members}}`,
  expected,
})

/** Bodies of `POST /resource`. */
export const resourceRows: readonly JsonRow[] = [
  image('"image-width":0,"image-height":0', ['200']),
  image('"image-width":-1,"image-height":-1', ['200', '400']),
  image('"image-width":1e400,"image-height":1e400', ['200', '400']),
  image('"image-width":9007199254740993,"image-height":1', ['200', '400']),
  image('"image-width":18446744073709551615,"image-height":18446744073709551615', ['200', '400']),
  image('"image-width":1,"image-height":8192', ['200']),
  image('"image-width":"640","image-height":[]', ['200', '400']),
  image('"image-width":1.5,"image-height":1.5', ['200', '400']),
  image('"reason":2', ['200', '207', '400']),
  image('"reason":-1e400', ['200', '207', '400']),
  image('"reason":"1"', ['200', '400']),
  image('"aid":2', ['404']),
  image('"aid":18446744073709551615', ['404']),
  { name: 'another resource', body: '{"resource-type":"__proto__"}', expected: ['404'] },
  { name: 'no resource', body: '{}', expected: ['404', '400'] },
  { name: 'a list', body: '[]', expected: ['400', '404'] },
  { name: 'nothing', body: '', expected: REFUSED },
]
