import { boxTree, Fmp4Error, FragmentInspector, inspectInit } from '@hksv/fmp4'

// The first byte splits the input into an init segment and two fragments.
export function fuzz(data) {
  const bytes = new Uint8Array(data)
  const [split = 0] = bytes
  const init = bytes.subarray(1, 1 + split * 8)
  const rest = bytes.subarray(init.length + 1)
  inspectInit(bytes)
  const inspector = new FragmentInspector(init)
  inspector.inspect(rest)
  inspector.inspect(rest.subarray(rest.length >> 1))
  try {
    boxTree(bytes)
  } catch (error) {
    if (!(error instanceof Fmp4Error)) throw error
  }
}
