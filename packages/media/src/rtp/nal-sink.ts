/** Takes the NAL units of a picture as they come out of packets. */
export interface NalSink {
  /** Whether a unit was begun and is not ended. */
  readonly isUnitOpen: boolean
  /** A whole unit: `bytes` from `start` to `end`. */
  unit(bytes: Uint8Array, start: number, end: number): void
  /** A unit in fragments begins; `headerSecond` is the second byte of its header, where it has two. */
  beginUnit(headerFirst: number, headerSecond?: number): void
  /** More of the unit that is open. */
  appendToUnit(bytes: Uint8Array, start: number, end: number): void
  endUnit(): void
  /** Something of the picture is missing or cannot be understood. */
  damage(): void
}
