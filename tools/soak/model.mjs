import { createHash } from 'node:crypto'

/** What a directory has to remember, in a form that can be compared. */
export async function modelOf(store) {
  const identity = await store.identity.load()
  const { pairings } = store.initial
  return {
    identity:
      identity &&
      createHash('sha256')
        .update(JSON.stringify(lasting(identity)))
        .digest('hex'),
    pairings: (pairings?.pairings ?? []).map(({ identifier }) => identifier),
    failedAttempts: pairings?.failedAttempts ?? 0,
    selectedConfiguration: store.initial.camera?.selectedConfiguration ?? '',
    isNightVisionActive: store.initial.camera?.isNightVisionActive ?? true,
    configurationNumber: store.initial.database?.configurationNumber ?? 1,
  }
}

/** Who the accessory is: what must never change. */
function lasting({ deviceId, longTermSeed, setupId }) {
  return { deviceId, longTermSeed, setupId }
}

/** @returns Names of what is neither as in one nor as in the other. */
export function differences(found, acknowledged, begun) {
  const isLike = model => JSON.stringify(model) === JSON.stringify(found)
  if (isLike(acknowledged) || isLike(begun)) return []
  return Object.keys(found).filter(
    name => JSON.stringify(found[name]) !== JSON.stringify(acknowledged[name]),
  )
}
