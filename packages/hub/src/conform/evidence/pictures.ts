import type { Lab } from '../lab.ts'
import type { Answer } from '../wire/answers.ts'
import type { RawSession } from '../wire/raw-session.ts'

/** Asks for a picture, as phones do. */
export function picture(
  session: RawSession,
  request: { readonly reason?: number; readonly width?: number; readonly height?: number } = {},
): Promise<Answer> {
  const { reason, width = 640, height = 360 } = request
  const body = { 'image-width': width, 'image-height': height, 'resource-type': 'image' }
  return session.request('POST', '/resource', reason === undefined ? body : { ...body, reason })
}

/** Whether bytes begin and end as a JPEG does. */
export function isJpeg({ body }: Pick<Answer, 'body'>): boolean {
  // Some encoders fill up with zeros behind the end.
  let end = body.length
  while (end > 4 && body[end - 1] === 0) end--
  return body[0] === 0xff && body[1] === 0xd8 && body[end - 2] === 0xff && body[end - 1] === 0xd9
}

/** Width and height of a JPEG; nothing when it says none. */
export function jpegSize(body: Uint8Array): { width: number; height: number } | undefined {
  const view = Buffer.from(body)
  for (let at = 2; at + 9 < view.length && view[at] === 0xff; ) {
    const marker = view.readUInt8(at + 1)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { height: view.readUInt16BE(at + 5), width: view.readUInt16BE(at + 7) }
    at += 2 + view.readUInt16BE(at + 2)
  }
  return undefined
}

/** A picture that is not to wait for others, on a connection of its own. */
export async function pictureApart(
  lab: Lab,
  request?: Parameters<typeof picture>[1],
): Promise<Answer> {
  const session = await lab.connect()
  try {
    return await picture(session, request)
  } finally {
    session.close()
  }
}
