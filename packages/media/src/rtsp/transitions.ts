/** Where a session can be. */
export type RtspAt =
  | 'connecting'
  | 'options'
  | 'describe'
  | 'binding'
  | 'setup'
  | 'ready'
  | 'play'
  | 'playing'
  | 'closing'
  | 'over'

/** What moves a session. */
export type RtspInput =
  | 'connected'
  | 'answered'
  | 'challenge'
  | 'redirect'
  | 'reconnect'
  | 'track over TCP'
  | 'track over UDP'
  | 'ports'
  | 'all tracks'
  | 'play'
  | 'keepalive'
  | 'close'
  | 'closed'
  | 'error'

/** The states of {@link RtspSession}. What is not listed is not legal there. */
export const rtspTransitions: {
  readonly [From in RtspAt]: Partial<Readonly<Record<RtspInput, RtspAt>>>
} = {
  connecting: { connected: 'options', closed: 'over', error: 'over' },
  options: {
    answered: 'describe',
    challenge: 'options',
    redirect: 'connecting',
    reconnect: 'connecting',
    closed: 'over',
    error: 'over',
  },
  describe: {
    'track over TCP': 'setup',
    'track over UDP': 'binding',
    challenge: 'describe',
    redirect: 'connecting',
    reconnect: 'connecting',
    closed: 'over',
    error: 'over',
  },
  binding: { ports: 'setup', close: 'closing', closed: 'over', error: 'over' },
  setup: {
    'track over TCP': 'setup',
    'track over UDP': 'binding',
    'all tracks': 'ready',
    challenge: 'setup',
    close: 'closing',
    closed: 'over',
    error: 'over',
  },
  ready: { play: 'play', close: 'closing', closed: 'over', error: 'over' },
  play: {
    answered: 'playing',
    challenge: 'play',
    close: 'closing',
    closed: 'over',
    error: 'over',
  },
  playing: {
    keepalive: 'playing',
    answered: 'playing',
    challenge: 'playing',
    close: 'closing',
    closed: 'over',
    error: 'over',
  },
  closing: { challenge: 'closing', closed: 'over' },
  over: {},
}
