/** @throws RangeError unless `bytes` has `length` bytes. */
export function checkLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) throw new RangeError(`${what} has ${length} bytes`)
}
