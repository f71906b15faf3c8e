import { Subject } from '../subject.mjs'

/** Fragments in a run: 400 s. */
const GROUPS = 100

/** From the samples of a source to what HDS is handed, against joining the same bytes. */
export const fragmenter = {
  name: 'fragmenter',
  async prepare() {
    const subject = new Subject('fragmenter')
    await subject.call('start', { groups: GROUPS })
    const run = async () => ({
      fragment: { ours: await subject.call('fragment'), theirs: await subject.call('join') },
    })
    await run()
    return {
      run,
      async stop() {
        subject.stop()
      },
    }
  },
  rows: [
    {
      key: 'fragment',
      what: 'Fragmenter, CPU a fragment, 2 Mbit/s',
      unit: 'ms',
      against: 'Buffer.concat',
      goal: 2,
    },
  ],
}
