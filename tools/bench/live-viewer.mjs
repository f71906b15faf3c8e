// A viewer that counts the packets of one live view; it is the same for every source.
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'

import {
  selectedRtpStreamConfiguration,
  setupEndpointsRequest,
  setupEndpointsResponse,
  streamCommand,
} from '@hksv/hap'
import { characteristicOf, RemoteDatabase } from '@hksv/hub'
import { SrtpSender } from '@hksv/media/live'
import { writeReceiverReport } from '@hksv/media/rtp'

const HOST = '127.0.0.1'
const SUITE = 'AES_CM_128_HMAC_SHA1_80'
const STREAM_MANAGEMENT = 'cameraRtpStreamManagement'
const SETUP_ENDPOINTS = 'setupEndpoints'
const SELECTED_STREAM = 'selectedRtpStreamConfiguration'
const REPORT_MS = 1000
/** Index and tag. */
const SRTCP_OVERHEAD = 14
/** As iOS asks for over Wi-Fi. */
const MTU = 1378

/** One view at a time over one verified connection. */
export class LiveViewer {
  #connection
  #database
  #socket
  #sessionId
  #reports

  constructor(connection, database, socket) {
    this.#connection = connection
    this.#database = database
    this.#socket = socket
  }

  /** @param camera One that is paired. */
  static async connect(camera) {
    const connection = await camera.session()
    const { body } = await connection.request('GET', '/accessories')
    const socket = createSocket('udp4')
    // Receiving must not be what is measured, nor lose anything.
    socket.bind(0, HOST)
    await once(socket, 'listening')
    socket.setRecvBufferSize(4 * 2 ** 20)
    const database = RemoteDatabase.parse(JSON.parse(Buffer.from(body).toString()))
    return new LiveViewer(connection, database, socket)
  }

  /**
   * Sets up and starts a view of 1080p with pictures alone.
   *
   * @returns Milliseconds from the start command to the first packet.
   */
  async start() {
    this.#sessionId = randomBytes(16)
    const sealing = () => ({
      cryptoSuite: 0,
      masterKey: randomBytes(16),
      masterSalt: randomBytes(14),
    })
    const { port } = this.#socket.address()
    const videoSealing = sealing()
    const request = {
      sessionId: this.#sessionId,
      controllerAddress: { version: 0, address: HOST, videoPort: port, audioPort: port },
      videoSealing,
      audioSealing: sealing(),
    }
    await this.#write(SETUP_ENDPOINTS, setupEndpointsRequest.encode(request))
    const answer = setupEndpointsResponse.decode(await this.#read(SETUP_ENDPOINTS))
    const first = once(this.#socket, 'message').then(() => performance.now())
    const startedAt = performance.now()
    await this.#select({ command: streamCommand.start, video: video() })
    const ms = (await first) - startedAt
    this.#report(answer, videoSealing)
    return ms
  }

  async end() {
    clearInterval(this.#reports)
    await this.#select({ command: streamCommand.end })
  }

  close() {
    this.#connection.close()
    this.#socket.close()
  }

  /** Receiver reports, without which the camera ends the view. */
  #report({ videoSsrc, accessoryAddress }, { masterKey, masterSalt }) {
    const sender = new SrtpSender({ suite: SUITE, key: masterKey, salt: masterSalt })
    this.#reports = setInterval(() => {
      const blocks = [
        {
          ssrc: videoSsrc,
          ...{ fractionLost: 0, cumulativeLost: 0, highestSequenceNumber: 0, jitter: 0 },
          ...{ lastSenderReport: 0, delaySinceLastSenderReport: 0 },
        },
      ]
      const report = writeReceiverReport({ ssrc: 1, cname: 'bench', blocks })
      const bytes = new Uint8Array(report.length + SRTCP_OVERHEAD)
      bytes.set(report)
      sender.protectRtcp(bytes, report.length)
      this.#socket.send(bytes, accessoryAddress.videoPort, HOST)
    }, REPORT_MS)
  }

  #select({ command, ...more }) {
    const control = { sessionId: this.#sessionId, command }
    return this.#write(SELECTED_STREAM, selectedRtpStreamConfiguration.encode({ control, ...more }))
  }

  async #write(type, value) {
    const entry = { ...this.#find(type), value: Buffer.from(value).toString('base64') }
    const bytes = Buffer.from(JSON.stringify({ characteristics: [entry] }))
    const body = { type: 'application/hap+json', bytes }
    const { status } = await this.#connection.request('PUT', '/characteristics', body)
    if (status !== 204) throw new Error(`a write of ${type} was answered with ${status}`)
  }

  async #read(type) {
    const { aid, iid } = this.#find(type)
    const { body } = await this.#connection.request('GET', `/characteristics?id=${aid}.${iid}`)
    const [{ value }] = JSON.parse(Buffer.from(body).toString()).characteristics
    return new Uint8Array(Buffer.from(value, 'base64'))
  }

  #find(type) {
    const { aid, iid } = characteristicOf(this.#database.service(STREAM_MANAGEMENT), type)
    return { aid, iid }
  }
}

function video() {
  return {
    codec: 0,
    parameters: { profile: 2, level: 2, packetizationMode: 0 },
    attributes: { width: 1920, height: 1080, frameRate: 30 },
    rtp: {
      payloadType: 99,
      ssrc: 1,
      maxBitRateKbps: 8000,
      minRtcpIntervalSeconds: 0.5,
      maxMtu: MTU,
    },
  }
}
