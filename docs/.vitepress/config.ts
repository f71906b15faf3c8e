import { posix } from 'node:path'

import { defineConfig } from 'vitepress'

const REPOSITORY = 'https://github.com/hksv/hksv'

export default defineConfig({
  title: 'HKSV',
  description: 'An open HomeKit Secure Video stack: a camera, a hub, and the packages under both',
  lang: 'en',
  cleanUrls: true,
  lastUpdated: false,
  // The pages are read in the repository as well: what lies beside them there is linked to there.
  markdown: {
    config: markdown => {
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
          { text: 'Testing your plug-in', link: '/guide#testing-your-plug-in' },
          { text: 'Conformance', link: '/conformance' },
          { text: 'Interoperability', link: '/interop' },
        ],
      },
      {
        text: 'How it works',
        items: [
          { text: 'Architecture', link: '/architecture' },
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
