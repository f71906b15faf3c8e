import type { Lab } from '../lab.ts'
import type { ConformSubject } from '../report/report.ts'
import { database } from './database.ts'

/** What is known of the camera without asking it again. */
export async function subjectOf(lab: Lab): Promise<ConformSubject> {
  const { address, accessory } = lab
  const known = { ...address, ...(accessory && { deviceId: accessory.deviceId }) }
  const seen = await lab.peek(database)
  const [information] = seen?.read.all('accessoryInformation') ?? []
  const text = (name: string) => {
    const value = information?.characteristics.find(each => each.name === name)?.value
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const fields = {
    name: text('name'),
    manufacturer: text('manufacturer'),
    model: text('model'),
    firmware: text('firmwareRevision'),
  }
  return {
    ...known,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  }
}
