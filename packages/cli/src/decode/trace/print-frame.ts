import type { RemoteDatabase } from '@hksv/hub'

import { printTlvValue } from '../known-tlv.ts'
import { decodeTlv8, printTlv8 } from '../tlv8.ts'
import type { Frame } from './read-trace.ts'
import { decodeHds, summarize } from './summary.ts'

type HttpFrame = Extract<Frame, { type: 'http' }>

/** Prints all of a frame, with what it holds decoded. */
export function* printFrame(
  number: number,
  frame: Frame,
  database: RemoteDatabase | undefined,
): Generator<string> {
  yield `frame ${number}, ${frame.on}, ${(frame.ms / 1000).toFixed(6)} s`
  if (!('from' in frame)) {
    yield summarize(frame, database)
    return
  }
  const to = frame.from === 'controller' ? 'accessory' : 'controller'
  yield `${frame.from} to ${to}, ${frame.length} bytes`
  if (frame.type === 'http') yield* printHttp(frame, database)
  else {
    const decoded = decodeHds(frame)
    if (decoded === undefined) yield `payload: ${frame.payload ?? 'left out'}`
    else {
      yield* printJson('header', decoded.header)
      yield* printJson('message', decoded.message)
    }
  }
  for (const each of frame.omitted ?? []) yield `left out: ${each}`
}

function* printHttp(frame: HttpFrame, database: RemoteDatabase | undefined): Generator<string> {
  const { message, method, path, status, tlv, json } = frame
  if (message === 'request') yield `${method} ${path} HTTP/1.1`
  else if (message === 'response') yield `HTTP/1.1 ${status} (to ${path})`
  else yield `EVENT/1.0 ${status}`
  for (const { type, length, value } of tlv ?? []) {
    const head = `  ${type.toString(16).padStart(2, '0')}  ${length} bytes`
    yield value === undefined ? `${head}  left out` : `${head}  ${value}`
  }
  if (json === undefined) return
  yield* printJson('body', json)
  for (const { aid, iid, value } of tlvValues(json)) {
    const known = database?.find(aid, iid)
    const isTlv = known?.format === 'tlv8'
    if (!isTlv || value === '') continue
    yield `${known.name ?? known.type} (${aid}.${iid}):`
    // Of setting up there are two forms under one name: items, by their types.
    yield* known.name === undefined
      ? printTlv8(decodeTlv8(Buffer.from(value, 'base64')), '  ')
      : printTlvValue(known.name, value, '  ')
  }
}

/** Texts that are values of characteristics, wherever they stand. */
function* tlvValues(
  json: unknown,
  aid = 0,
): Generator<{ readonly aid: number; readonly iid: number; readonly value: string }> {
  if (typeof json !== 'object' || json === null) return
  const { aid: own = aid, iid, value } = json as Record<string, unknown>
  if (typeof value === 'string' && iid !== undefined) {
    yield { aid: Number(own), iid: Number(iid), value }
  }
  for (const member of Object.values(json)) yield* tlvValues(member, Number(own))
}

function* printJson(name: string, value: unknown): Generator<string> {
  yield `${name}:`
  for (const line of JSON.stringify(value, undefined, 2).split('\n')) yield `  ${line}`
}
