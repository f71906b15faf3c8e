import * as v from 'valibot'

import { StateFile } from '../../src/storage/state-file.ts'

/** Saves one state after the other until it is killed: argument 1 is the file, 2 the first number. */
async function saveForever(path: string, first: number): Promise<never> {
  const file = new StateFile(path, v.object({ number: v.number(), filler: v.string() }))
  await file.load()
  for (let number = first; ; number++) {
    // Lengths differ, so that a state written over another would show.
    await file.save({ number, filler: 'x'.repeat((number * 7919) % 20_000) })
    process.stdout.write(`${number}\n`)
  }
}

const [, , path = '', first = '0'] = process.argv
// A save that fails ends the process, and the test with it.
void saveForever(path, Number(first))
