import { type FragmentInspection, inspectFragment } from './inspect-fragment.ts'
import { type InitInspection, type InspectInitOptions, inspectInit } from './inspect-init.ts'
import type { TimingOptions } from './inspect-timing.ts'
import type { InspectorState } from './state.ts'

/**
 * Checks a recording as it arrives: the init segment once, then every fragment in order.
 * @example
 * ```ts
 * const inspector = new FragmentInspector(init)
 * for (const finding of inspector.init.findings) console.error(finding.rule, finding.text)
 * for (const fragment of fragments) console.error(inspector.inspect(fragment).line)
 * ```
 */
export class FragmentInspector {
  readonly init: InitInspection
  readonly #options: TimingOptions
  #state: InspectorState

  /** @param init - The init segment; any bytes are accepted. */
  constructor(init: Uint8Array, options: InspectInitOptions & TimingOptions = {}) {
    this.init = inspectInit(init, options)
    this.#options = options
    this.#state = this.init.state
  }

  /** Checks the next fragment; any bytes are accepted. */
  inspect(fragment: Uint8Array): FragmentInspection {
    const inspection = inspectFragment(fragment, this.#state, this.#options)
    this.#state = inspection.state
    return inspection
  }
}
