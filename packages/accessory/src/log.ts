/** Says a sentence, or an object of details and then a sentence. */
export interface LogMethod {
  (message: string): void
  (details: object, message?: string): void
}

/** Where this package reports to: a pino logger, or anything with the same four methods. */
export interface Log {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}
