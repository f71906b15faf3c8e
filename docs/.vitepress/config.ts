import { posix } from 'node:path'

import { instance } from '@viz-js/viz'
import { defineConfig } from 'vitepress'

const REPOSITORY = 'https://github.com/hksv/hksv'

const viz = await instance()

/** State diagrams are Mermaid in the repository, where they are drawn; here they are drawn when the site is made. */
function drawn(mermaid: string): string {
  const arrows = [...mermaid.matchAll(/^ *(\S+) --> (\S+)(?: : (.+))?$/gm)]
  const edges = arrows.map(([, from, to, input = '']) => ({
    tail: from ?? '',
    head: to ?? '',
    attributes: { label: ` ${input.replaceAll(', ', '\n ')} ` },
  }))
  const states = new Set(edges.flatMap(({ tail, head }) => [tail, head]))
  const nodes = [...states].map(name =>
    name === '[*]'
      ? { name, attributes: { shape: 'point' } }
      : { name, attributes: { label: name.replaceAll('_', '-') } },
  )
  const font = { fontname: 'sans-serif', fontsize: 11 }
  const svg = viz.renderString(
    {
      graphAttributes: { bgcolor: 'transparent' },
      nodeAttributes: { ...font, shape: 'box', style: 'rounded' },
      edgeAttributes: { ...font, fontsize: 9 },
      nodes,
      edges,
    },
    { format: 'svg' },
  )
  // Without prologue, fixed size and colours: it shrinks with the page, and is seen in the dark.
  return svg
    .slice(svg.indexOf('<svg'))
    .replaceAll('#000000', 'currentColor')
    .replace(
      /<svg width="(\d+)pt" height="\d+pt"/,
      '<svg role="img" style="max-width: $1pt; width: 100%; height: auto"',
    )
}

export default defineConfig({
  title: 'HKSV',
  description: 'An open HomeKit Secure Video stack: a camera, a hub, and the packages under both',
  lang: 'en',
  cleanUrls: true,
  lastUpdated: false,
  // The pages are read in the repository as well: what lies beside them there is linked to there.
  markdown: {
    config: markdown => {
      const fence = markdown.renderer.rules.fence
      markdown.renderer.rules.fence = (tokens, index, options, env, self) => {
        const token = tokens[index]
        if (token?.info === 'mermaid') return `<p>${drawn(token.content)}</p>`
        return fence ? fence(tokens, index, options, env, self) : ''
      }
      const render = markdown.renderer.rules['link_open']
      markdown.renderer.rules['link_open'] = (tokens, index, options, env, self) => {
        const token = tokens[index]
        const href = token?.attrGet('href') ?? ''
        if (href.startsWith('../')) {
          token?.attrSet('href', `${REPOSITORY}/blob/main/${posix.normalize(href.slice(3))}`)
        }
        return render
          ? render(tokens, index, options, env, self)
          : self.renderToken(tokens, index, options)
      }
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    nav: [
      { text: 'Guide', link: '/guide' },
      { text: 'Troubleshooting', link: '/troubleshooting' },
      { text: 'Benchmarks', link: '/benchmarks' },
    ],
    sidebar: [
      {
        text: 'A camera',
        items: [
          { text: 'Start in five minutes', link: '/start' },
          { text: 'Guide', link: '/guide' },
          { text: 'An RTSP camera into Apple Home', link: '/guide#an-rtsp-camera' },
          { text: 'Motion sources', link: '/guide#raise-motion' },
          { text: 'A doorbell', link: '/guide#a-doorbell' },
          { text: 'Running it for years', link: '/running' },
          { text: 'Troubleshooting', link: '/troubleshooting' },
        ],
      },
      {
        text: 'A hub',
        items: [
          {
            text: 'A recorder for any camera',
            link: '/guide#a-recorder-for-any-secure-video-camera',
          },
          { text: 'Testing a plug-in', link: '/plug-ins' },
          { text: 'Conformance', link: '/conformance' },
          { text: 'Interoperability', link: '/interop' },
        ],
      },
      {
        text: 'How it works',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'In a program', link: '/embedding' },
          { text: 'Protocol notes', link: '/protocol' },
          { text: 'How a recording goes', link: '/recording' },
          { text: 'Specification and what we ship', link: '/specification' },
          { text: 'Security', link: '/security' },
          { text: 'Benchmarks', link: '/benchmarks' },
        ],
      },
      {
        text: 'Reference',
        collapsed: true,
        items: [
          { text: 'All packages', link: '/reference/' },
          { text: '@hksv/tlv8', link: '/reference/tlv8' },
          { text: '@hksv/crypto', link: '/reference/crypto/' },
          { text: '@hksv/hap', link: '/reference/hap' },
          { text: '@hksv/hds', link: '/reference/hds/' },
          { text: '@hksv/fmp4', link: '/reference/fmp4' },
          { text: '@hksv/media', link: '/reference/media/' },
          { text: '@hksv/accessory', link: '/reference/accessory' },
          { text: '@hksv/hub', link: '/reference/hub/' },
        ],
      },
    ],
  },
})
