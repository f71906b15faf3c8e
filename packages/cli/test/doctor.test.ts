import { expect, test } from 'vitest'

import { hksv } from './run.ts'

test('says what a source is, to people and to programs', async () => {
  const text = await hksv(['doctor', 'sample', '--duration', '3'])
  expect(text).toMatchObject({ code: 0 })
  expect(text.stdout).toMatch(/^Video +h264 1280x720/)
  expect(text.stdout).toMatch(/Key frames +every 2\.0 s to 2\.0 s/)
  expect(text.stdout).toContain('Nothing is wrong with it.')
  const { code, records } = await hksv(['doctor', 'sample', '--duration', '3', '--json'])
  expect(code).toBe(0)
  expect(records).toEqual([
    expect.objectContaining({
      event: 'examined',
      video: { codec: 'h264', width: 1280, height: 720, profile: 100, level: 31 },
      audio: { codec: 'aac-lc', sampleRate: 32_000, channels: 1 },
      findings: [],
    }),
  ])
})

test('says what is wrong with what it is given, and never a password', async () => {
  expect(await hksv(['doctor'])).toMatchObject({ code: 2, stdout: '' })
  const nobody = await hksv(['doctor', 'rtsp://me:s3cret@127.0.0.1:1/x', '--duration', '2'])
  expect(nobody).toMatchObject({ code: 1, stdout: '' })
  expect(nobody.stderr).toMatch(/cannot be reached/)
  expect(nobody.stderr).not.toContain('s3cret')
  const missing = await hksv(['doctor', '/no/such.mp4'])
  expect(missing).toMatchObject({ code: 1, stdout: '' })
})
