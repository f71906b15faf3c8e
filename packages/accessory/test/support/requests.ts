import { type HapClient, parse } from '../client.ts'
import { instanceIds, pairedStage } from './camera.ts'

/** Writes entries of accessory 1. @returns Status and body. */
export async function put(client: HapClient, entries: readonly object[], more: object = {}) {
  const characteristics = entries.map(entry => ({ aid: 1, ...entry }))
  const answer = await client.request('PUT', '/characteristics', { characteristics, ...more })
  return { status: answer.status, body: parse(answer.body) }
}

/** Reads with a query. @returns Status and body. */
export async function get(client: HapClient, query: string) {
  const answer = await client.request('GET', `/characteristics?${query}`)
  return { status: answer.status, body: parse(answer.body) }
}

/** All written. */
export const done = { status: 204, body: undefined }
/** The results of each entry. */
export const results = (...characteristics: object[]) => ({
  status: 207,
  body: { characteristics: characteristics.map(entry => ({ aid: 1, ...entry })) },
})

/** A paired camera, and where its characteristics are. */
export async function ready(options: Parameters<typeof pairedStage>[0] = {}) {
  const made = await pairedStage(options)
  return { ...made, iid: await instanceIds(made.client) }
}
