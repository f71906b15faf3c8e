import type { Lab } from './lab.ts'

/** The groups of rules, in the order in which reports show them. */
export const conformGroups = [
  'discovery',
  'pairing',
  'session',
  'characteristics',
  'arming',
  'snapshots',
  'hds',
  'recording',
  'fmp4',
  'modes',
  'doorbell',
  'live',
  'durability',
] as const

/** A group of {@link conformGroups}. */
export type ConformGroup = (typeof conformGroups)[number]

/** What a rule cannot be judged without; the run says which of it is missing. */
export const conformNeeds = {
  announcement: 'the camera announces itself on a network of this machine',
  unpaired: 'the camera is unpaired, and its setup code is given',
  paired: 'a pairing as an administrator',
  camera: 'the services of a Secure Video camera',
  unselected: 'no recording configuration was ever selected',
  armed: 'the camera can be armed',
  recording: 'a recording: motion, by a trigger or in front of the camera',
  doorbell: 'the camera is a doorbell',
  press: 'a command or an address that presses the bell (`--press`)',
  live: 'a live view over UDP',
  restart: 'a command that restarts the camera (`--restart`)',
} as const

/** A name in {@link conformNeeds}. */
export type ConformNeed = keyof typeof conformNeeds

/** How a camera broke a rule, with the proof. */
export interface Fault {
  /** What was found and what should be there, in one sentence. */
  readonly text: string
  /** The bytes that show it; reports keep the first 64. */
  readonly bytes?: Uint8Array
  /** Where in what was received, in bytes. */
  readonly offset?: number
  /** When, on the clock of `performance.now()`. */
  readonly at?: number
}

/** One thing that a Secure Video camera has to, or should, keep to. */
export interface ConformRule {
  /** Kebab-case, and stable. */
  readonly name: string
  readonly group: ConformGroup
  /** `must`: clips, pictures or pairings are lost otherwise; `should`: some hubs or people suffer. */
  readonly severity: 'must' | 'should'
  /** What is checked, as it should be. */
  readonly checks: string
  /** What a user notices when it is broken. */
  readonly matters: string
  /** Where it stands: public documents, or `observed:` and by whom. */
  readonly source: string
  readonly needs: readonly ConformNeed[]
  /** Judged only when the run may change what it cannot put back, or end a camera's process. */
  readonly isDestructive?: true
  /**
   * @returns How it is broken; nothing when it is kept.
   * @throws NotJudged when it cannot be told; any other error counts as a fault.
   */
  readonly judge: (lab: Lab) => Promise<Fault | undefined> | Fault | undefined
}

/** A rule cannot be judged here; the message says why. */
export class NotJudged extends Error {
  override readonly name: string = 'NotJudged'
}

/** What a rule rests on could not be done: of all rules on it, one is broken by that. */
export class ExperimentFailed extends NotJudged {
  override readonly name = 'ExperimentFailed'
  /** The name of that rule. */
  readonly rule: string

  constructor(rule: string, message: string, options: ErrorOptions) {
    super(message, options)
    this.rule = rule
  }
}

/** @returns A fault unless all is well: a shorthand for the many rules that compare one thing. */
export function unless(
  isWell: boolean,
  text: string,
  proof: Omit<Fault, 'text'> = {},
): Fault | undefined {
  return isWell ? undefined : { text, ...proof }
}

/** The first fault that anything of a list has. */
export function firstFault<T>(
  items: Iterable<T>,
  judge: (item: T) => Fault | undefined,
): Fault | undefined {
  for (const item of items) {
    const fault = judge(item)
    if (fault !== undefined) return fault
  }
  return undefined
}
