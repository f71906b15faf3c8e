import { expect, test } from 'vitest'

import { describeWithFfmpeg } from './support/ffmpeg.ts'
import { Loudspeaker, Talker } from './support/speech.ts'
import { amplitude, childrenNamed, ffmpegOutput, floats, opusTone } from './support/tone.ts'

/** 60 ms of silence come first. */
const cushion = 960
/** Samples of 20 ms. */
const step = 320

describeWithFfmpeg('what a viewer says', () => {
  const packets = opusTone(20, 'celt', { seconds: 2 })

  test('is heard as it was said', async () => {
    const loudspeaker = new Loudspeaker()
    await using talker = new Talker(loudspeaker)
    talker.send(packets)
    await loudspeaker.heard(2 * (cushion + 95 * step))
    const { samples } = loudspeaker
    expect(Math.max(...samples.subarray(0, cushion))).toBe(0)
    const said = samples.subarray(16_000, 24_000)
    expect(20 * Math.log10(amplitude(said, 1000, 16_000) / 0.25)).toBeCloseTo(0, 0)
    expect(amplitude(said, 2000, 16_000)).toBeLessThan(0.005)
    expect(talker.failures).toEqual([])
  })

  for (const encoding of ['mulaw', 'alaw'] as const) {
    test(`is heard as ${encoding} where that is wanted`, async () => {
      const loudspeaker = new Loudspeaker({ encoding, sampleRate: 8000 })
      await using talker = new Talker(loudspeaker)
      talker.send(packets)
      await loudspeaker.heard(8000)
      const input = ['-f', encoding, '-ar', '8000', '-ac', '1', '-i', 'pipe:0', '-f', 'f32le']
      const samples = floats(ffmpegOutput(input, Buffer.concat(loudspeaker.played)))
      expect(Math.max(...samples.subarray(0, 480))).toBeLessThan(0.001)
      expect(amplitude(samples.subarray(2000, 8000), 1000, 8000)).toBeGreaterThan(0.2)
    })
  }

  test('comes in order, each packet once, whatever the network does', async () => {
    const loudspeaker = new Loudspeaker()
    await using talker = new Talker(loudspeaker)
    const pairs = packets.flatMap((_, i) => (i > 0 && i % 2 === 0 ? [i, i - 1, i] : []))
    talker.send(packets, [0, ...pairs])
    await loudspeaker.heard(2 * (cushion + 95 * step))
    const straight = new Loudspeaker()
    await using other = new Talker(straight)
    other.send(packets)
    await straight.heard(2 * (cushion + 95 * step))
    const end = cushion + 90 * step
    expect(loudspeaker.samples.subarray(0, end)).toEqual(straight.samples.subarray(0, end))
  })

  test('is covered up where a packet is lost', async () => {
    const loudspeaker = new Loudspeaker()
    await using talker = new Talker(loudspeaker)
    const lost = [50, 51]
    talker.send(
      packets,
      [...packets.keys()].filter(i => !lost.includes(i)),
    )
    await loudspeaker.heard(2 * (cushion + 95 * step))
    const gap = loudspeaker.samples.subarray(cushion + 50 * step, cushion + 51 * step)
    // The decoder goes on with what it heard.
    expect(amplitude(gap, 1000, 16_000)).toBeGreaterThan(0.1)
    const after = loudspeaker.samples.subarray(cushion + 55 * step, cushion + 90 * step)
    expect(amplitude(after, 1000, 16_000)).toBeGreaterThan(0.2)
  })

  test('does not wait for ever for a packet that does not come', async () => {
    const loudspeaker = new Loudspeaker()
    await using talker = new Talker(loudspeaker)
    talker.send(packets, [0, 1, 2, 3, 4, 6])
    // Nothing else comes: time alone gives the last one free.
    await loudspeaker.heard(2 * (cushion + 6 * step))
  })

  test('after a long break of numbers is heard on', async () => {
    const loudspeaker = new Loudspeaker()
    await using talker = new Talker(loudspeaker)
    talker.send(packets, [0, 1, 2, 3])
    const far = [...new Array<Uint8Array>(20_000), ...packets]
    talker.send(
      far,
      Array.from({ length: 50 }, (_, i) => 20_000 + i),
    )
    await loudspeaker.heard(2 * (cushion + 45 * step))
    // Of the gap nothing is played: not even the packet that told of it.
    expect(loudspeaker.byteLength).toBeLessThan(2 * (cushion + 60 * step))
  })

  test('what is no Opus is left out', async () => {
    const loudspeaker = new Loudspeaker()
    await using talker = new Talker(loudspeaker)
    talker.send([new Uint8Array(), Uint8Array.of(3), ...packets])
    await loudspeaker.heard(2 * (cushion + 90 * step))
    expect(talker.failures).toEqual([])
  })

  test('starts nothing before it is said, and leaves nothing behind', async () => {
    const loudspeaker = new Loudspeaker()
    {
      await using talker = new Talker(loudspeaker)
      expect(childrenNamed('ffmpeg')).toEqual([])
      talker.send(packets)
      await loudspeaker.heard(1)
      expect(childrenNamed('ffmpeg')).toHaveLength(1)
    }
    expect(childrenNamed('ffmpeg')).toEqual([])
    expect(loudspeaker.isOver).toBe(true)
  })

  test('a decoder that is killed is told of once', async () => {
    const loudspeaker = new Loudspeaker()
    await using talker = new Talker(loudspeaker)
    talker.send(packets, [0, 1, 2, 3])
    await loudspeaker.heard(1)
    const [child = 0] = childrenNamed('ffmpeg')
    process.kill(child, 'SIGKILL')
    expect(await talker.failed()).toBe(
      'what a viewer says is not heard (killed by SIGKILL); check --talkback, and that ffmpeg is installed',
    )
    talker.send(packets)
    expect(childrenNamed('ffmpeg')).toEqual([])
    expect(talker.failures).toHaveLength(1)
  })

  test('a loudspeaker that is too slow misses the oldest', async () => {
    let release: () => void = () => undefined
    const free = new Promise<void>(resolve => {
      release = resolve
    })
    const inner = new Loudspeaker()
    const { format } = inner
    const slow = {
      format,
      play: async (speech: AsyncIterable<Uint8Array>) => {
        await free
        await inner.play(speech)
      },
    }
    const other = new Loudspeaker()
    await using reference = new Talker(other)
    await using talker = new Talker(slow)
    talker.send(packets)
    reference.send(packets)
    await other.heard(2 * (cushion + 95 * step))
    release()
    await inner.heard(2)
    // Half a second of it, or one piece, not two seconds.
    expect(inner.byteLength).toBeLessThan(other.byteLength)
  })
})

test('without ffmpeg there is one sentence', async () => {
  await using talker = new Talker(new Loudspeaker(), '/nowhere/ffmpeg')
  talker.send([Uint8Array.of(31 << 3, 1)])
  expect(await talker.failed()).toBe(
    'what a viewer says is not heard (/nowhere/ffmpeg is not installed); check --talkback, and that ffmpeg is installed',
  )
})
