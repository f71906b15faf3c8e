import { setTimeout as delay } from 'node:timers/promises'

/** Calls `deliver` `count` times, each `everyMs` after the one before; what is late is caught up with. */
export async function paceOf({ count, everyMs }, deliver) {
  const startedAt = performance.now()
  for (let i = 0; i < count; i++) {
    await delay(Math.max(0, startedAt + i * everyMs - performance.now()))
    deliver()
  }
}
