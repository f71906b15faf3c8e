import envPaths from 'env-paths'

/** Where this user's programs keep their state: `~/.local/share/hksv` and the like. */
export function dataDirectory(): string {
  return envPaths('hksv', { suffix: '' }).data
}
