import type { Logger } from 'pino'

/** Where this package reports to: a pino logger, or anything with the same four methods. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>
