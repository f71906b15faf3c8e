// A controller that asks the same thing again and again; it is the same one for every accessory.
import { characteristicOf, RemoteDatabase } from '@hksv/hub'

/** One verified session, and the accessory's database as read over it. */
export class Controller {
  #subject
  #connection
  #body
  #database

  constructor(subject, connection, body) {
    this.#subject = subject
    this.#connection = connection
    this.#body = body
    this.#database = RemoteDatabase.parse(JSON.parse(Buffer.from(body).toString()))
  }

  /** @param accessory One that is paired: it has a `subject` and `session()`. */
  static async connect(accessory) {
    const connection = await accessory.session()
    const { body } = await connection.request('GET', '/accessories')
    return new Controller(accessory.subject, connection, body)
  }

  /** How much a read of the whole database carries. */
  get size() {
    const { services } = this.#database
    const counts = services.map(({ characteristics }) => characteristics.length)
    return { bytes: this.#body.length, characteristics: counts.reduce((a, b) => a + b, 0) }
  }

  /** The path that reads one characteristic. */
  readPath(service, characteristic) {
    const { aid, iid } = this.#find(service, characteristic)
    return `/characteristics?id=${aid}.${iid}`
  }

  /** The body that writes these members of one characteristic: `value` or `ev`. */
  entryBody(service, characteristic, members) {
    const { aid, iid } = this.#find(service, characteristic)
    const bytes = Buffer.from(JSON.stringify({ characteristics: [{ aid, iid, ...members }] }))
    return { type: 'application/hap+json', bytes }
  }

  /** Reads again and again, one request after the other. */
  async get(path, count) {
    for (let i = 0; i < count; i++) await this.#ask(200, 'GET', path)
  }

  /** Writes these bodies in turn, one request after the other. */
  async put(bodies, count) {
    for (let i = 0; i < count; i++) {
      await this.#ask(204, 'PUT', '/characteristics', bodies[i % bodies.length])
    }
  }

  /** @returns Accessory CPU of {@link get} in milliseconds a request. */
  async cpuMsOfGet(path, count) {
    return (await this.#subject.cpuMsOf(() => this.get(path, count))) / count
  }

  /** @returns Accessory CPU of {@link put} in milliseconds a request. */
  async cpuMsOfPut(bodies, count) {
    return (await this.#subject.cpuMsOf(() => this.put(bodies, count))) / count
  }

  close() {
    this.#connection.close()
  }

  #find(service, characteristic) {
    return characteristicOf(this.#database.service(service), characteristic)
  }

  /** What is not answered as expected is not worth measuring. */
  async #ask(expected, method, path, body) {
    const { status } = await this.#connection.request(method, path, body)
    if (status !== expected) throw new Error(`${method} ${path} was answered with ${status}`)
  }
}
