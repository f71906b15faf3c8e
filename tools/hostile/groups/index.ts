import type { Group } from '../harness/group.ts'
import { garbageAfter, garbageBefore } from './garbage.ts'

/** In the order in which they run: those of the new camera first. */
export const groups: readonly Group[] = [garbageBefore, garbageAfter]
