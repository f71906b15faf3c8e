import { Subject } from '../subject.mjs'

/** Packets in a run: no sequence number wraps more than once. */
const COUNT = 40_000

/** Protecting and opening a packet, against AES-CTR and HMAC-SHA1 of the same bytes. */
export const srtp = {
  name: 'srtp',
  async prepare() {
    const subject = new Subject('srtp')
    const run = async () => {
      const theirs = await subject.call('floor', { count: COUNT })
      return {
        protect: { ours: await subject.call('protect', { count: COUNT }), theirs },
        unprotect: { ours: await subject.call('unprotect', { count: COUNT }), theirs },
      }
    }
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
      key: 'protect',
      what: 'SRTP, CPU to protect a packet of 1340 bytes',
      unit: 'µs',
      against: 'AES and HMAC',
      goal: 2,
    },
    {
      key: 'unprotect',
      what: 'SRTP, CPU to check and decrypt it',
      unit: 'µs',
      against: 'AES and HMAC',
      goal: 2,
    },
  ],
}
