import type { Fault } from './fault.ts'
import { recordingFaults } from './recording-faults.ts'
import { setupFaults } from './setup-faults.ts'
import { streamFaults } from './stream-faults.ts'

/** All there are, in the order in which they spoil more and more. */
export const faults: readonly Fault[] = [...setupFaults, ...streamFaults, ...recordingFaults]

/** The fault of this name. @throws RangeError when there is none. */
export function faultNamed(name: string): Fault {
  const found = faults.find(fault => fault.name === name)
  if (found !== undefined) return found
  const known = faults.map(fault => fault.name).join(', ')
  throw new RangeError(`There is no fault "${name}"; there are ${known}.`)
}
