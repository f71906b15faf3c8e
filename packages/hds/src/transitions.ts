/** For each state, which inputs it takes and which state each of them leads to. */
export type Transitions<At extends string, Input extends string> = {
  readonly [From in At]: Partial<Readonly<Record<Input, At>>>
}

/** What moves an accessory's data stream. */
export type AccessoryInput =
  | 'hello'
  | 'hub opens'
  | 'accept'
  | 'refuse'
  | 'fragment'
  | 'last fragment'
  | 'close'
  | 'hub acknowledges'
  | 'hub closes'
  | 'still sending'
  | 'timeout'
  | 'error'

/** Where an accessory's data stream can be. */
export type AccessoryAt =
  | 'awaiting-hello'
  | 'idle'
  | 'requested'
  | 'recording'
  | 'draining'
  | 'failed'

/** The states of {@link HdsAccessory}. What is not listed is not legal there. */
export const accessoryTransitions: Transitions<AccessoryAt, AccessoryInput> = {
  'awaiting-hello': { hello: 'idle', error: 'failed' },
  idle: { 'hub opens': 'requested', error: 'failed' },
  requested: {
    accept: 'recording',
    refuse: 'idle',
    close: 'idle',
    'hub closes': 'idle',
    error: 'failed',
  },
  recording: {
    fragment: 'recording',
    'last fragment': 'draining',
    close: 'idle',
    'hub closes': 'idle',
    error: 'failed',
  },
  draining: {
    'hub acknowledges': 'idle',
    'hub closes': 'idle',
    close: 'idle',
    'still sending': 'draining',
    timeout: 'idle',
    error: 'failed',
  },
  failed: {},
}

/** What moves a hub's data stream. */
export type HubInput =
  | 'hello'
  | 'open'
  | 'accessory accepts'
  | 'accessory refuses'
  | 'chunk'
  | 'end of stream'
  | 'violation'
  | 'acknowledge'
  | 'close'
  | 'accessory closes'
  | 'timeout'
  | 'error'

/** Where a hub's data stream can be. */
export type HubAt = 'awaiting-hello' | 'idle' | 'opening' | 'receiving' | 'ended' | 'failed'

/** The states of {@link HdsHub}. What is not listed is not legal there. */
export const hubTransitions: Transitions<HubAt, HubInput> = {
  'awaiting-hello': { hello: 'idle', error: 'failed' },
  idle: { open: 'opening', error: 'failed' },
  opening: {
    'accessory accepts': 'receiving',
    'accessory refuses': 'idle',
    'accessory closes': 'idle',
    close: 'idle',
    timeout: 'idle',
    error: 'failed',
  },
  receiving: {
    chunk: 'receiving',
    'end of stream': 'ended',
    violation: 'idle',
    'accessory closes': 'idle',
    close: 'idle',
    timeout: 'idle',
    error: 'failed',
  },
  ended: { acknowledge: 'idle', close: 'idle', 'accessory closes': 'idle', error: 'failed' },
  failed: {},
}
