import type { Plan } from './plan.ts'
import { encodeFrame } from './request.ts'
import type { Exchange } from './requester.ts'
import type { RtspEvent } from './session-types.ts'
import type { WantedTransport } from './transport.ts'

/** Where a session is, with what belongs there. */
export type State =
  | { readonly at: 'connecting'; readonly deadline: number }
  | { readonly at: 'options' | 'describe'; readonly exchange: Exchange; readonly deadline: number }
  | { readonly at: 'binding'; readonly plan: Plan }
  | {
      readonly at: 'setup'
      readonly plan: Plan
      readonly wanted: WantedTransport
      readonly exchange: Exchange
      readonly deadline: number
    }
  | { readonly at: 'ready'; readonly plan: Plan }
  | {
      readonly at: 'play'
      readonly plan: Plan
      readonly exchange: Exchange
      readonly deadline: number
      /** Packets that were faster than the answer. */
      readonly held: RtspEvent[]
      heldLength: number
    }
  | {
      readonly at: 'playing'
      readonly plan: Plan
      /** Of a keepalive. */
      readonly exchange: Exchange | undefined
      readonly keepaliveAt: number
      silentAt: number
    }
  | { readonly at: 'closing'; readonly exchange: Exchange; readonly deadline: number }
  | { readonly at: 'over' }

/** @returns When time is up in a state. */
export function deadlineOf(state: State): number | undefined {
  if (state.at === 'playing') return Math.min(state.keepaliveAt, state.silentAt)
  return 'deadline' in state ? state.deadline : undefined
}

/**
 * @returns A packet of RTCP as it goes over the connection; nothing before and after the track plays.
 * @throws TypeError for a track that comes over UDP.
 */
export function rtcpFrames(state: State, track: number, bytes: Uint8Array): Uint8Array[] {
  if (state.at !== 'playing') return []
  const transport = state.plan.tracks[track]?.transport
  if (transport?.type !== 'tcp') throw new TypeError(`track ${track} does not come over TCP`)
  return [encodeFrame(transport.rtcpChannel, bytes)]
}
