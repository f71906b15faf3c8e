import { answering, changed, json, type Mistake, only, services } from './planted.ts'

type Json = Record<string, unknown>

/** Mistakes of HTTP, of the attribute database and of pairings. */
export const httpMistakes: readonly Mistake[] = [
  [
    'accessories-content-type',
    'the database as text',
    { reply: (_request, reply) => ({ ...reply, type: 'text/html' }) },
  ],
  [
    'first-accessory-is-1',
    'ids that begin with 2',
    changed('/accessories', body => {
      for (const each of body['accessories'] as Json[]) each['aid'] = 2
      return body
    }),
  ],
  [
    'instance-ids-unique',
    'one id twice',
    changed('/accessories', body => {
      const [{ services: all }] = body['accessories'] as [{ services: Json[] }]
      const [first] = all
      for (const each of all) each['iid'] = first?.['iid']
      return body
    }),
  ],
  ['types-are-uuids', 'a type of its own making', only('23', each => (each['type'] = 'Name!'))],
  ['permissions-known', 'a permission nobody knows', only('23', each => (each['perms'] = ['xx']))],
  ['formats-known', 'a format nobody knows', only('23', each => (each['format'] = 'text'))],
  ['values-fit-format', 'a number for a name', only('23', each => (each['value'] = 7))],
  [
    'information-complete',
    'no serial number',
    services((_type, service) => {
      const all = service['characteristics'] as Json[]
      service['characteristics'] = all.filter(({ type }) => type !== '30')
    }),
  ],
  [
    'linked-services-exist',
    'a link to nowhere',
    services((type, service) => {
      if (type === '204') service['linked'] = [9999]
    }),
  ],
  [
    'write-of-one-failure-is-207',
    '200 where one of two writes failed',
    {
      reply: (request, reply) =>
        request.method === 'PUT' && reply.status === 207 ? { ...reply, status: 200 } : reply,
    },
  ],
  [
    'write-without-body-is-204',
    'a body nobody asked for',
    {
      reply: (request, reply) =>
        request.method === 'PUT' && reply.status === 204
          ? json(200, { characteristics: [] })
          : reply,
    },
  ],
  [
    'read-of-unknown-is-207',
    '200 for what is not there',
    {
      reply: (request, reply) =>
        request.method === 'GET' && reply.status === 207 ? { ...reply, status: 200 } : reply,
    },
  ],
  [
    'picture-is-jpeg',
    'no picture',
    answering('POST', '/resource', () => ({
      status: 200,
      body: Buffer.from('no picture here'),
      type: 'image/jpeg',
    })),
  ],
  [
    'picture-content-type',
    'a picture as bytes',
    {
      reply: (request, reply) =>
        request.path === '/resource' ? { ...reply, type: 'application/octet-stream' } : reply,
    },
  ],
  [
    'unknown-path-refused',
    'an answer to everything',
    answering('GET', '/', request =>
      request.path.startsWith('/accessories') || request.path.startsWith('/characteristics')
        ? undefined
        : json(200, {}),
    ),
  ],
  [
    'firmware-revision-form',
    'a version with a letter',
    only('52', each => (each['value'] = 'v1.0-beta')),
  ],
  ['has-operating-mode', 'no service for the mode', services(type => type !== '21A')],
  [
    'streams-can-be-switched',
    'a stream without Active',
    services((type, service) => {
      if (type !== '110') return
      const all = service['characteristics'] as Json[]
      service['characteristics'] = all.filter(each => each['type'] !== 'B0')
    }),
  ],
  [
    'stranger-gets-no-database',
    'a database for everybody',
    {
      answer: (request, { isVerified }) =>
        !isVerified && request.path === '/accessories' ? json(200, { accessories: [] }) : undefined,
    },
  ],
  [
    'stranger-reads-nothing',
    'values for everybody',
    {
      answer: (request, { isVerified }) =>
        !isVerified && request.path.startsWith('/characteristics?')
          ? json(200, { characteristics: [{ aid: 1, iid: 5, value: 'Porch' }] })
          : undefined,
    },
  ],
  ['removed-controller-disconnected', 'a guest that stays', { keepsRemoved: true }],
  ['pairings-list-needs-admin', 'no difference between guests and owners', { isTrusting: true }],
  [
    'setup-unavailable-when-paired',
    'a camera that anybody may take over',
    {
      open({ pairings }) {
        pairings.gate.isPaired = false
      },
    },
  ],
  ['event-to-other-connections', 'changes that are told to nobody', { event: () => undefined }],
  [
    'selection-read-back',
    'a selection that reads as nothing',
    changed('/characteristics?', body => {
      const [first, second] = body['characteristics'] as Json[]
      if (first !== undefined && second === undefined && String(first['value']).length > 60) {
        first['value'] = ''
      }
      return body
    }),
  ],
  [
    'no-picture-when-camera-off',
    'a picture all the same',
    {
      reply: (request, reply) =>
        request.path === '/resource' && reply.status !== 200
          ? { status: 200, body: Uint8Array.of(0xff, 0xd8, 0xff, 0xd9), type: 'image/jpeg' }
          : reply,
    },
  ],
]
