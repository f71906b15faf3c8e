import { EventLog } from '../../src/records/event-log.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Has one event after the other until it is killed, and says which are on the disk. Argument 1 is the directory. */
async function keepForever(directory: string): Promise<never> {
  let now = 0
  let last = 0
  const log = await EventLog.open({
    directory,
    camera: 'Porch',
    now: () => now,
    log: silent,
    final: ({ id }) => {
      last = id
    },
  })
  for (;;) {
    // Lengths differ, so that a line cut short would show.
    const told = Array.from({ length: last % 60 }, (_, i) => `${i}`.padEnd(200, 'x'))
    log.keeper.triggered('motion', { source: 'key', readiness: 'armed', told })
    now += 8000
    // Over, as eight seconds have passed.
    log.keeper.moving(false)
    // Nothing is going on: it waits for the disk, and no more.
    await log.close()
    process.stdout.write(`${last}\n`)
  }
}

// A disk that fails ends nothing: the test would find nothing on it.
void keepForever(process.argv[2] ?? '')
