// Runs in a page: appends pieces (base64) to a SourceBuffer, and says after each what is buffered, in
// seconds, or what went wrong.
globalThis.playPieces = async given => {
  const media = new MediaSource()
  const element = document.createElement('video')
  let fault
  element.addEventListener('error', () => {
    fault = element.error.message
  })
  element.src = URL.createObjectURL(media)
  const once = (target, event) =>
    new Promise(resolve => target.addEventListener(event, resolve, { once: true }))
  await once(media, 'sourceopen')
  const buffer = media.addSourceBuffer('video/mp4; codecs="avc1.64000b,mp4a.40.2"')
  const said = []
  for (const text of given) {
    const failed = once(element, 'error')
    buffer.appendBuffer(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)))
    await Promise.race([once(buffer, 'updateend'), failed])
    if (media.readyState !== 'open') {
      await failed
      return [...said, fault]
    }
    const { buffered } = buffer
    said.push(
      Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]),
    )
  }
  URL.revokeObjectURL(element.src)
  return said
}
