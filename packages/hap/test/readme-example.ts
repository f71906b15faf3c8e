import { nodeProvider as crypto } from '@hksv/crypto/node'
import {
  createSrpCredentials,
  generateDeviceId,
  type Pairing,
  PairSetupAccessory,
  PairSetupController,
  PairSetupGate,
  PairVerifyAccessory,
  PairVerifyController,
  RecordOpener,
  RecordSealer,
} from '@hksv/hap'

const { random } = crypto

/** Pairs an accessory and a controller in memory, and sends one request through the record layer. */
export function pairAndAsk(setupCode: string, request: Uint8Array): Uint8Array[] {
  const longTermKey = crypto.ed25519(random(32))
  const identity = { identifier: generateDeviceId(random), longTermKey }
  const credentials = createSrpCredentials(crypto, setupCode)
  const gate = new PairSetupGate({ isPaired: false, failedAttempts: 0 })
  const pairings = new Map<string, Pairing>()
  const own = {
    identifier: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
    longTermKey: crypto.ed25519(random(32)),
  }

  // One machine for each connection. Real ones have HTTP between them, here is a loop.
  const server = new PairSetupAccessory({ crypto, identity, credentials, gate, random })
  const client = new PairSetupController({ crypto, identity: own, setupCode, random })
  const paired = exchange(server, client, event => {
    if (event.type !== 'paired') return
    pairings.set(event.pairing.identifier, event.pairing)
    gate.isPaired = true
  })

  const findPairing = (id: string) => pairings.get(id)
  const verifier = new PairVerifyAccessory({ crypto, identity, findPairing, random })
  const { accessory } = paired
  const asker = new PairVerifyController({ crypto, identity: own, accessory, random })
  const opened: RecordOpener[] = []
  const session = exchange(verifier, asker, ({ keys }) => {
    opened.push(new RecordOpener(crypto, keys.controllerToAccessory))
  })

  const sealed = new RecordSealer(crypto, session.keys.controllerToAccessory).seal(request)
  return opened.flatMap(opener => opener.open(sealed))
}

interface Side<Event> {
  receive(body: Uint8Array, now: number): Event[]
  take(): Uint8Array | undefined
}

/** Moves bodies between both sides until the controller has its event. */
function exchange<A, C>(server: Side<A>, client: Side<C>, act: (event: A) => void): C {
  for (let body = client.take(); body !== undefined; body = client.take()) {
    for (const event of server.receive(body, performance.now())) act(event)
    const [done] = client.receive(server.take() ?? new Uint8Array(), performance.now())
    if (done !== undefined) return done
  }
  throw new Error('the controller has nothing more to say')
}
