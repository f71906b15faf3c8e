import { describe, expect, test } from 'vitest'

import { h265Packing } from './support/rtp-packetizer.ts'
import { Collector, fromHex, nalsOf } from './support/rtp-receive.ts'
import { hexes, type Script, script } from './support/rtp-script.ts'
import { formatOf, h265 } from './support/rtp-streams.ts'

describe('what senders of H.265 do', () => {
  const [vps = fromHex(''), hevcSps = fromHex(''), hevcPps = fromHex('')] = h265.sets
  const key = h265.slice('key', true, fromHex('112233'))
  const other = h265.slice('other', true, fromHex('445566'))
  const cra = fromHex('2a01881234')
  const [rasl, radl] = [fromHex('1201881234'), fromHex('0e01881234')]
  const all = h265Packing.aggregate([vps, hevcSps, hevcPps])
  const collect265 = ({ packets }: Script, fmtp = '') =>
    new Collector(formatOf(h265, fmtp)).push(...packets).end()

  test('OpenIPC: a fragment that is beginning and end', () => {
    const made = script()
      .add(0, all)
      .add(0, h265Packing.fragment(key, key.subarray(2), 0xc0), 'mark')
    expect(collect265(made).samples.map(nalsOf)).toEqual([hexes(key)])
  })

  test('suffix SEI belongs to the picture in front of it', () => {
    const suffix = fromHex('5001aabb80')
    const made = script().add(0, all).add(0, key).add(0, suffix, 'mark').add(1, other, 'mark')
    expect(collect265(made).samples.map(nalsOf)).toEqual([hexes(key, suffix), hexes(other)])
  })

  test('pictures that need what was before their key picture are left out', () => {
    const made = script().add(0, all).add(0, cra, 'mark').add(1, rasl, 'mark').add(2, radl, 'mark')
    const { samples, notes } = collect265(made.add(3, other, 'mark'))
    expect(samples.map(nalsOf)).toEqual([hexes(cra), hexes(radl), hexes(other)])
    expect(samples.map(({ isSync }) => isSync)).toEqual([true, false, false])
    expect(notes).toEqual([])
  })

  test('layers beside the base layer are left out, and make no picture', () => {
    const layered = (nal: Uint8Array) => {
      const copy = nal.slice()
      copy[1] = (copy[1] ?? 0) | 0x08
      return copy
    }
    const made = script()
      .add(0, all)
      .add(0, h265Packing.aggregate([layered(hevcSps), layered(hevcPps)]))
      .add(0, key)
      .add(0, layered(key), 'mark')
      .add(1, layered(other), 'mark')
      .add(2, other, 'mark')
    const { samples, parameters, notes } = collect265(made)
    expect(samples.map(nalsOf)).toEqual([hexes(key), hexes(other)])
    expect(parameters.map(each => 'sps' in each && each.sps)).toEqual([[hevcSps]])
    expect(notes).toEqual([])
  })

  test('parameter sets of the SDP', () => {
    const base64 = h265.sets.map(nal => Buffer.from(nal).toString('base64'))
    const [a, b, c] = base64
    const fmtp = `sprop-vps=${a}; sprop-sps=${b}; sprop-pps=${c}`
    expect(collect265(script().add(0, key, 'mark'), fmtp)).toMatchObject({
      story: ['parameters', 'key'],
      parameters: [{ codec: 'h265', vps: [vps], sps: [hevcSps], pps: [hevcPps] }],
    })
    // Two of three are of no use.
    const two = `sprop-sps=${b}; sprop-pps=${c}`
    expect(collect265(script().add(0, key, 'mark'), two).story).toEqual(['waiting parameters'])
  })

  test.each<[string, Uint8Array]>([
    ['a fragment without its beginning', h265Packing.fragment(other, other.subarray(2), 0)],
    ['a fragment cut', fromHex('6201')],
    ['PACI', fromHex('640100000000')],
    ['a packet of several units, cut', h265Packing.aggregate([other]).subarray(0, 6)],
  ])('%s damages the picture', (_name, payload) => {
    const made = script().add(0, all).add(0, key, 'mark').add(1, payload, 'mark')
    expect(collect265(made.add(2, key, 'mark')).story).toEqual([
      'parameters',
      'key',
      'waiting damage',
      'key',
    ])
  })
})
