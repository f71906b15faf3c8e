import { type ConformRule, conformGroups, type conformNeeds } from '../rule.ts'

/** What each group is about. */
const about: Readonly<Record<(typeof conformGroups)[number], string>> = {
  discovery: 'How the camera announces itself.',
  pairing: 'How it is paired with, who may come back, who may let others in.',
  session: 'Connections: who may ask, and how bytes travel.',
  characteristics: 'The attribute database, reads, writes, events.',
  arming: 'The services of Secure Video, and what is offered and selected.',
  snapshots: 'Pictures, and who gets none.',
  hds: 'The data stream, up to hello.',
  recording: 'What travels over it while the camera records.',
  fmp4: 'What the recording consists of, box by box.',
  modes: 'What the switches of Home do.',
  doorbell: 'What a doorbell does besides.',
  live: 'The live view.',
  durability: 'What holds over time, and over a restart.',
}

/** The rules as Markdown: a table a group. */
export function conformMarkdown(rules: readonly ConformRule[]): string {
  const groups = conformGroups.map(group => {
    const rows = rules.filter(each => each.group === group).map(row)
    const head =
      '| rule | | what is checked | what users notice | source |\n| --- | --- | --- | --- | --- |'
    return `### ${group}\n\n${about[group]}\n\n${head}\n${rows.join('\n')}`
  })
  return groups.join('\n\n')
}

function row({
  name,
  severity,
  isDestructive,
  checks,
  matters,
  source,
  needs,
}: ConformRule): string {
  const marks = [...(isDestructive === true ? ['`--destructive`'] : []), ...needs.flatMap(special)]
  const what = [checks, ...(marks.length > 0 ? [`(${marks.join(', ')})`] : [])].join(' ')
  return `| ${[`\`${name}\``, severity, what, matters, source].map(cell).join(' | ')} |`
}

/** Needs that a user has to do something for. */
function special(need: keyof typeof conformNeeds): string[] {
  return (
    {
      press: ['`--press`'],
      restart: ['`--restart`'],
      unpaired: ['unpaired'],
      unselected: ['never armed'],
    }[need as string] ?? []
  )
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
