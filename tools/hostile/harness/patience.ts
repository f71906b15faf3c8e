/** Nothing that the camera has to do takes longer, however busy the machine is. */
const PATIENCE_MS = 30_000

/** Rejects when `promise` does not settle at all. */
export async function patiently<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const lost = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come in 30 s`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([promise, lost])
  } finally {
    clearTimeout(timer)
  }
}
