/** What both versions of hap-nodejs were seen to break, by the name of the rule. */
export const peerFaults: Readonly<Record<string, string>> = {
  'setup-busy-for-the-second': 'a second pair-setup is answered as if it were the first',
  'unreadable-selection-refused':
    'a selection that is no TLV8 is refused with -70402, communication failure',
  'records-cut-anywhere':
    'the connection is lost when TCP cuts a record within the two bytes of its length',
  'oversize-record-ends-connection':
    'a record that says it has more than 1024 bytes is waited for, for ever',
  'read-of-unknown-status': 'an id that does not exist is read with -70410, not -70409',
  'second-opening-answered': 'a second dataSend/open on the same data stream is never answered',
  'recording-ends-when-inactive':
    'Active 0 does not end a recording that runs; the plug-in is told, and has to',
  'no-motion-when-off': 'MotionDetected of a camera that is off is what the plug-in sets',
}

/** What ffmpeg sends behind a plug-in, early or late as it pleases. */
export const ffmpegFaults: readonly string[] = ['live-no-bursts', 'live-sender-reports']

/** The table of docs/conformance.md. */
export function peerFaultsMarkdown(severityOf: (rule: string) => string): string {
  const rows = Object.entries(peerFaults).map(
    ([rule, seen]) => `| \`${rule}\` | ${severityOf(rule)} | ${seen} |`,
  )
  return ['| rule | | what was seen |', '| --- | --- | --- |', ...rows].join('\n')
}
