import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's nursery as small as it begins. Under load it would double up to 48 MB and never shrink;
 * what a camera or a hub makes in passing are a few KiB a request, and its media is not on that heap.
 */
export function fitHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

/**
 * For what receives as fast as it is sent: the bytes that are opened count for the growth of V8's
 * heap. Without room for them a recording of 600 MB collects the whole heap 45 times, at twice the
 * cost of all else. A camera sends a few Mbit/s, and with that room would keep 50 MB of garbage.
 */
export function fitHeapOfReceiver(): void {
  fitHeap()
  setFlagsFromString('--heap-growing-percent=400')
}
