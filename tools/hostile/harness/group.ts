import type { Stage } from './stage.ts'
import type { Tally } from './tally.ts'

/** Inputs of one kind. */
export interface Group {
  readonly name: string
  /** Whether the honest controller is paired while it runs. */
  readonly on: 'new camera' | 'paired camera'
  run(stage: Stage, tally: Tally): Promise<void>
}
