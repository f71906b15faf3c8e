/** Faults that are known and not mended yet: begin of the fault, and what has to change. */
export const openFindings: ReadonlyMap<string, string> = new Map([
  ['POST /resource, picture with "image-width"', 'an odd size gives a picture all the same'],
  ['stderr: warning: No picture could be taken.', 'an odd size gives a picture all the same'],
])
