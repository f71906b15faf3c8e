/** What was out of order and had no consequence, and what happened instead. */
export const hdsNotices = {
  'bad-message': 'a malformed message was dropped',
  'bad-request': 'a request with a malformed message was answered with status 4',
  'unknown-request': 'a request for an unknown topic was answered with status 5',
  'unknown-event': 'an event with an unknown topic was ignored',
  'unknown-response': 'a response to no request was ignored',
  'unknown-stream': 'an event for a stream that is not open was ignored',
  'unexpected-event': 'an event that means nothing in this state was ignored',
  'open-refused': 'a request to open a stream was refused',
  'hapnodejs-references': "a header made sense only by HAP-NodeJS's rule of back references",
  'trailing-bytes': 'bytes after a header or message were ignored',
  'sequence-gap': 'fragment numbers were skipped',
  'total-size-ignored': 'a dataTotalSize that is no size, or not on the first chunk, was ignored',
  'numeric-flag': 'a flag that is a number and not a boolean was taken',
} as const

/** A rule of {@link hdsNotices}. */
export type HdsNotice = keyof typeof hdsNotices

/** Something was out of order and had no consequence; for logs and for judging a peer. */
export interface NoticeEvent {
  readonly type: 'notice'
  readonly rule: HdsNotice
  readonly detail: string
}
