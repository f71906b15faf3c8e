"""Both sides of whole exchanges between a hub and a camera, with nothing but Python's standard library.

usage: python3 exchanges.py          compares every byte with hub/exchanges.json
       python3 exchanges.py --write  writes that file

It was written from the specifications alone, and shares no line with the packages whose vectors these
are: HomeKit Accessory Protocol R2 chapters 4 to 6, RFC 5054 (SRP), 5869 (HKDF), 7748 (X25519), 8032
(Ed25519), 8439 (ChaCha20-Poly1305). It is a model to read, not a library: it takes no care of timing.
"""

import hashlib
import hmac
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
FILE = HERE / "hub" / "exchanges.json"


# --- ciphers, signatures, keys ---------------------------------------------------------------------


def sha512(*parts):
    return hashlib.sha512(b"".join(parts)).digest()


def hkdf(key, salt, info, length=32):
    secret = hmac.new(salt, key, hashlib.sha512).digest()
    return hmac.new(secret, info + b"\x01", hashlib.sha512).digest()[:length]


def chacha20_block(key, counter, nonce):
    words = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
    source = key + counter.to_bytes(4, "little") + nonce
    words += [int.from_bytes(source[at : at + 4], "little") for at in range(0, 48, 4)]
    state = list(words)

    def turn(a, b, target, by):
        state[a] = (state[a] + state[b]) & 0xFFFFFFFF
        mixed = state[target] ^ state[a]
        state[target] = ((mixed << by) | (mixed >> (32 - by))) & 0xFFFFFFFF

    def quarter(a, b, c, d):
        turn(a, b, d, 16)
        turn(c, d, b, 12)
        turn(a, b, d, 8)
        turn(c, d, b, 7)

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for column in range(4):
            quarter(column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4)
    return b"".join(((a + b) & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(state, words))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        block = message[at : at + 16] + b"\x01"
        total = (total + int.from_bytes(block, "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def seal(key, nonce, plain, aad=b""):
    """RFC 8439 2.8. The nonce has 8 bytes; HAP puts four zeros before it."""
    nonce = bytes(4) + nonce
    stream = b"".join(
        chacha20_block(key, 1 + at, nonce) for at in range((len(plain) + 63) // 64)
    )
    sealed = bytes(a ^ b for a, b in zip(plain, stream))
    lengths = len(aad).to_bytes(8, "little") + len(sealed).to_bytes(8, "little")
    once = chacha20_block(key, 0, nonce)[:32]
    return sealed + poly1305(once, padded(aad) + padded(sealed) + lengths)


PRIME = 2**255 - 19


def x25519(scalar, u=(9).to_bytes(32, "little")):
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = (k[31] & 127) | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(u, "little") & (2**255 - 1)
    x2, z2, x3, z3, swapped = 1, 0, x1, 1, 0
    for bit in reversed(range(255)):
        now = (k >> bit) & 1
        if swapped ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swapped = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        x3, z3 = (da + cb) ** 2 % PRIME, x1 * (da - cb) ** 2 % PRIME
        e = aa - bb
        x2, z2 = aa * bb % PRIME, e * (aa + 121665 * e) % PRIME
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")


CURVE_D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
ORDER = 2**252 + 27742317777372353535851937790883648493


def edwards_add(p, q):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = p, q
    a, b = (y1 - x1) * (y2 - x2) % PRIME, (y1 + x1) * (y2 + x2) % PRIME
    c, d = 2 * t1 * t2 * CURVE_D % PRIME, 2 * z1 * z2 % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


BASE_Y = 4 * pow(5, PRIME - 2, PRIME) % PRIME
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % PRIME)


def edwards_times(scalar):
    sum_, power = (0, 1, 1, 0), BASE
    while scalar > 0:
        if scalar & 1:
            sum_ = edwards_add(sum_, power)
        power = edwards_add(power, power)
        scalar >>= 1
    x, y, z, _ = sum_
    inverse = pow(z, PRIME - 2, PRIME)
    x, y = x * inverse % PRIME, y * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


class SigningKey:
    def __init__(self, seed):
        digest = sha512(seed)
        scalar = int.from_bytes(digest[:32], "little")
        self.scalar = scalar & (2**254 - 8) | 2**254
        self.prefix = digest[32:]
        self.public = edwards_times(self.scalar)

    def sign(self, message):
        r = int.from_bytes(sha512(self.prefix, message), "little") % ORDER
        point = edwards_times(r)
        k = int.from_bytes(sha512(point, self.public, message), "little") % ORDER
        return point + ((r + k * self.scalar) % ORDER).to_bytes(32, "little")


# --- SRP of HAP: RFC 5054's group of 3072 bits with SHA-512 -----------------------------------------

MODULUS = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
GENERATOR = 5
USER = b"Pair-Setup"


def number(data):
    return int.from_bytes(data, "big")


def bytes_of(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def group_hash(*values):
    return number(sha512(*(value.to_bytes(384, "big") for value in values)))


class Srp:
    """What both sides know in the end. A hub that has the wrong code knows something else."""

    def __init__(self, code, salt, a, b, hub_code=None):
        def password(text):
            return number(sha512(salt, sha512(USER + b":" + text.encode())))

        multiplier = group_hash(MODULUS, GENERATOR)
        verifier = pow(GENERATOR, password(code), MODULUS)
        self.A = pow(GENERATOR, a, MODULUS)
        self.B = (multiplier * verifier + pow(GENERATOR, b, MODULUS)) % MODULUS
        u = group_hash(self.A, self.B)
        x = password(hub_code or code)
        base = (self.B - multiplier * pow(GENERATOR, x, MODULUS)) % MODULUS
        self.key = sha512(bytes_of(pow(base, a + u * x, MODULUS)))
        camera_key = sha512(bytes_of(pow(self.A * pow(verifier, u, MODULUS), b, MODULUS)))
        assert (self.key == camera_key) == (hub_code in (None, code))
        both = bytes(p ^ q for p, q in zip(sha512(bytes_of(MODULUS)), sha512(bytes([GENERATOR]))))
        # The public keys go in as they are sent: without leading zeros from us, and none has any here.
        ends = bytes_of(self.A), bytes_of(self.B)
        assert [len(end) for end in ends] == [384, 384]
        self.hub_proof = sha512(both, sha512(USER), salt, *ends, self.key)
        self.camera_proof = sha512(ends[0], self.hub_proof, self.key)


# --- TLV8, OPACK, HTTP ------------------------------------------------------------------------------


def tlv(*items):
    data = b""
    for kind, value in items:
        for at in range(0, max(1, len(value)), 255):
            part = value[at : at + 255]
            data += bytes([kind, len(part)]) + part
    return data


METHOD, IDENTIFIER, SALT, PUBLIC_KEY, PROOF, SEALED, STATE, ERROR = 0, 1, 2, 3, 4, 5, 6, 7
SIGNATURE = 10


def state(value):
    return (STATE, bytes([value]))


def opack(value):
    if value is True or value is False:
        return b"\x01" if value else b"\x02"
    if isinstance(value, int):
        if -1 <= value <= 38:
            return bytes([8 + value])
        # Never in two bytes.
        power = next(each for each in (0, 2, 3) if value < 2 ** (8 * 2**each - 1))
        return bytes([0x30 + power]) + value.to_bytes(2**power, "little")
    if isinstance(value, str):
        text = value.encode()
        assert len(text) <= 32
        return bytes([0x40 + len(text)]) + text
    if isinstance(value, bytes):
        power = next(each for each in range(4) if len(value) < 2 ** (8 * 2**each))
        return bytes([0x91 + power]) + len(value).to_bytes(2**power, "little") + value
    if isinstance(value, list):
        return bytes([0xD0 + len(value)]) + b"".join(map(opack, value))
    return bytes([0xE0 + len(value)]) + b"".join(opack(key) + opack(value[key]) for key in value)


HOST = "192.0.2.7:51826"
TLV8 = "application/pairing+tlv8"
JSON = "application/hap+json"


def request(method, path, kind=None, body=b""):
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n"
    if kind is not None:
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return (head + "\r\n").encode() + body


def response(status, kind=None, body=b"", protocol="HTTP/1.1"):
    head = f"{protocol} {status}\r\n"
    if kind is not None:
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return (head + "\r\n").encode() + body


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


# --- one exchange -----------------------------------------------------------------------------------


def secret(byte):
    return bytes([byte]) * 32


class Records:
    """What one side of a verified connection writes."""

    def __init__(self, key):
        self.key, self.count = key, 0

    def seal(self, plain):
        sealed = b""
        for at in range(0, len(plain), 1024):
            part = plain[at : at + 1024]
            length = len(part).to_bytes(2, "little")
            sealed += length + seal(self.key, self.count.to_bytes(8, "little"), part, length)
            self.count += 1
        return sealed


class Frames:
    """What one side of a data stream writes."""

    def __init__(self, key):
        self.key, self.count = key, 0

    def seal(self, payload):
        head = b"\x01" + len(payload).to_bytes(3, "big")
        sealed = seal(self.key, self.count.to_bytes(8, "little"), payload, head)
        self.count += 1
        return head + sealed


class Exchange:
    """A hub and a camera that talk: what they know, and each message with what is in it."""

    CODE = "031-45-154"
    HUB = b"6F9619FF-8B86-D011-B42D-00C04FC964FF"
    CAMERA = b"AA:BB:CC:DD:EE:FF"
    SRP_SALT = bytes(range(16))
    SRP_SECRETS = {"hub": sha512(b"srp, hub")[:32], "camera": sha512(b"srp, camera")[:32]}
    SEEDS = {"hub": secret(0x11), "camera": secret(0x22)}
    SCALARS = {"hub": secret(0x33), "camera": secret(0x44)}
    KEY_SALTS = {"hub": secret(0x55), "camera": secret(0x66)}
    # Of which the numbers of requests are drawn.
    RANDOM = bytes.fromhex("00001000" "00002000" "00003000")

    def __init__(self, name, hub_code=None):
        self.name, self.hub_code = name, hub_code or self.CODE
        self.steps, self.intermediate = [], {}
        self.keys = {side: SigningKey(seed) for side, seed in self.SEEDS.items()}
        self.error = None

    def say(self, side, over, wire, plain=None, **more):
        step = {"from": side, "over": over, "hex": wire.hex()}
        if plain is not None:
            step["plain"] = plain.hex()
        self.steps.append({**step, **more})

    # Pair-setup, on a connection of its own. HAP R2 5.6

    def post(self, over, path, body):
        self.say("hub", over, request("POST", path, TLV8, body))

    def answer(self, over, body):
        self.say("camera", over, response("200 OK", TLV8, body))

    def pair_setup(self):
        srp = Srp(
            self.CODE,
            self.SRP_SALT,
            number(self.SRP_SECRETS["hub"]),
            number(self.SRP_SECRETS["camera"]),
            self.hub_code,
        )
        over, path = "pairing", "/pair-setup"
        self.post(over, path, tlv(state(1), (METHOD, b"\0")))
        self.answer(over, tlv(state(2), (SALT, self.SRP_SALT), (PUBLIC_KEY, bytes_of(srp.B))))
        self.post(over, path, tlv(state(3), (PUBLIC_KEY, bytes_of(srp.A)), (PROOF, srp.hub_proof)))
        if self.hub_code != self.CODE:
            self.answer(over, tlv(state(4), (ERROR, b"\2")))
            self.error = "PAIR_REFUSED"
            return
        self.answer(over, tlv(state(4), (PROOF, srp.camera_proof)))
        self.intermediate["srpSessionKey"] = srp.key.hex()
        key = hkdf(srp.key, b"Pair-Setup-Encrypt-Salt", b"Pair-Setup-Encrypt-Info")

        def sealed(side, name, role, nonce):
            salt, info = (f"Pair-Setup-{role}-Sign-{each}".encode() for each in ("Salt", "Info"))
            long_term = self.keys[side]
            signature = long_term.sign(hkdf(srp.key, salt, info) + name + long_term.public)
            inner = tlv(
                (IDENTIFIER, name), (PUBLIC_KEY, long_term.public), (SIGNATURE, signature)
            )
            return (SEALED, seal(key, nonce, inner))

        hub = sealed("hub", self.HUB, "Controller", b"PS-Msg05")
        self.post(over, path, tlv(state(5), hub))
        camera = sealed("camera", self.CAMERA, "Accessory", b"PS-Msg06")
        self.answer(over, tlv(state(6), camera))

    # Pair-verify, on the connection that becomes the session. HAP R2 5.7

    def pair_verify(self, impostor=None, stranger=False):
        over, path = "session", "/pair-verify"
        hub, camera = (x25519(self.SCALARS[side]) for side in ("hub", "camera"))
        self.post(over, path, tlv(state(1), (PUBLIC_KEY, hub)))
        self.shared = x25519(self.SCALARS["hub"], camera)
        assert self.shared == x25519(self.SCALARS["camera"], hub)
        key = hkdf(self.shared, b"Pair-Verify-Encrypt-Salt", b"Pair-Verify-Encrypt-Info")
        signature = (impostor or self.keys["camera"]).sign(camera + self.CAMERA + hub)
        inner = tlv((IDENTIFIER, self.CAMERA), (SIGNATURE, signature))
        sealed = (SEALED, seal(key, b"PV-Msg02", inner))
        self.answer(over, tlv(state(2), (PUBLIC_KEY, camera), sealed))
        if impostor is not None:
            self.error = "PAIR_AUTHENTICATION"
            return
        signature = self.keys["hub"].sign(hub + self.HUB + camera)
        inner = tlv((IDENTIFIER, self.HUB), (SIGNATURE, signature))
        self.post(over, path, tlv(state(3), (SEALED, seal(key, b"PV-Msg03", inner))))
        if stranger:
            self.answer(over, tlv(state(4), (ERROR, b"\2")))
            self.error = "PAIR_REFUSED"
            return
        self.answer(over, tlv(state(4)))
        self.intermediate["sharedSecret"] = self.shared.hex()
        keys = {
            "camera": hkdf(self.shared, b"Control-Salt", b"Control-Read-Encryption-Key"),
            "hub": hkdf(self.shared, b"Control-Salt", b"Control-Write-Encryption-Key"),
        }
        self.records = {side: Records(each) for side, each in keys.items()}

    # The session. HAP R2 6

    def session(self, side, plain, **more):
        self.say(side, "session", self.records[side].seal(plain), plain, **more)

    def put(self, characteristics, answer=None):
        body = compact({"characteristics": characteristics})
        self.session("hub", request("PUT", "/characteristics", JSON, body))
        if answer is None:
            self.session("camera", response("204 No Content"))
        else:
            body = compact({"characteristics": answer})
            self.session("camera", response("207 Multi-Status", JSON, body))

    def set_up_stream(self):
        salts = self.KEY_SALTS
        asked = tlv((1, b"\0"), (2, b"\0"), (3, salts["hub"]))
        port = tlv((1, (51827).to_bytes(2, "little")))
        told = tlv((1, b"\0"), (2, port), (3, salts["camera"]))
        entry = {"aid": 1, "iid": 43}
        self.put(
            [{**entry, "value": base64(asked), "r": True}],
            [{**entry, "status": 0, "value": base64(told)}],
        )
        salt = salts["hub"] + salts["camera"]
        keys = {
            "camera": hkdf(self.shared, salt, b"HDS-Read-Encryption-Key"),
            "hub": hkdf(self.shared, salt, b"HDS-Write-Encryption-Key"),
        }
        self.intermediate["accessoryToController"] = keys["camera"].hex()
        self.intermediate["controllerToAccessory"] = keys["hub"].hex()
        self.frames = {side: Frames(each) for side, each in keys.items()}
        self.ids = [256 + number(self.RANDOM[at : at + 4]) for at in range(0, 12, 4)]
        self.request("control", "hello", {})
        self.respond("control", "hello", 0, {})

    # The data stream

    def payload(self, side, header, message, **more):
        head = opack(header)
        plain = bytes([len(head)]) + head + opack(message)
        self.say(side, "stream", self.frames[side].seal(plain), plain, **more)

    def request(self, protocol, topic, message, **more):
        self.id = self.ids.pop(0)
        header = {"protocol": protocol, "request": topic, "id": self.id}
        self.payload("hub", header, message, **more)

    def respond(self, protocol, topic, status, message, **more):
        header = {"protocol": protocol, "response": topic, "id": self.id, "status": status}
        self.payload("camera", header, message, **more)

    def event(self, side, topic, message, **more):
        self.payload(side, {"protocol": "dataSend", "event": topic}, message, **more)

    def open_recording(self):
        asked = {"type": "ipcamera.recording", "target": "controller", "reason": "record"}
        command = {"type": "open-recording"}
        self.request("dataSend", "open", {"streamId": 1, **asked}, command=command)

    def accept(self):
        command = {"type": "accept-recording", "streamId": 1}
        self.respond("dataSend", "open", 0, {"status": 0}, command=command)

    def fragment(self, sequence, data, is_last=False):
        kind = "mediaInitialization" if sequence == 1 else "mediaFragment"
        metadata = {
            "dataType": kind,
            "dataSequenceNumber": sequence,
            "dataChunkSequenceNumber": 1,
            "isLastDataChunk": True,
            "dataTotalSize": len(data),
        }
        message = {"streamId": 1, "packets": [{"data": data, "metadata": metadata}]}
        command = {"type": "send-fragment", "streamId": 1, "dataType": kind, "media": data.hex()}
        if is_last:
            message["endOfStream"] = command["endOfStream"] = True
        self.event("camera", "data", message, command=command)

    def close(self, side, reason):
        command = {"type": "close-recording", "streamId": 1, "reason": reason}
        self.event(side, "close", {"streamId": 1, "reason": reason}, command=command)

    def acknowledge(self):
        command = {"type": "acknowledge", "streamId": 1}
        self.event("hub", "ack", {"streamId": 1, "endOfStream": True}, command=command)

    def spoil(self, at):
        """Somebody between them changes a byte of the last message."""
        last = bytearray.fromhex(self.steps[-1]["hex"])
        last[at] ^= 1
        self.steps[-1] = {**self.steps[-1], "hex": last.hex(), "isForged": True}

    def repeat(self):
        """Somebody between them sends the last message again."""
        self.steps.append({**self.steps[-1], "isForged": True})

    def case(self):
        sides = {
            side: {
                "identifier": identifier.decode(),
                "seed": self.SEEDS[side].hex(),
                "srpSecret": self.SRP_SECRETS[side].hex(),
                "scalar": self.SCALARS[side].hex(),
                "keySalt": self.KEY_SALTS[side].hex(),
            }
            for side, identifier in (("hub", self.HUB), ("camera", self.CAMERA))
        }
        return {
            "name": self.name,
            **sides,
            "setupCode": self.CODE,
            "hubCode": self.hub_code,
            "srpSalt": self.SRP_SALT.hex(),
            "random": self.RANDOM.hex(),
            "steps": self.steps,
            **({"error": self.error} if self.error else {}),
            **({"intermediate": self.intermediate} if self.intermediate else {}),
        }


def base64(data):
    from base64 import b64encode

    return b64encode(data).decode()


# --- the exchanges ----------------------------------------------------------------------------------


def media(file, name):
    cases = json.loads((HERE / "fmp4" / f"{file}.json").read_text())["cases"]
    return bytes.fromhex(next(case["hex"] for case in cases if case["name"] == name))


INIT = media("init-segment", "H.264 1080p and AAC-LC 32 kHz mono")
FRAGMENT = media("fragment", "sequence 7")

# What is selected to record: 4 s ahead, motion, H.264 of 1080p, AAC-LC.
def uint(length, value):
    return value.to_bytes(length, "little")


SELECTED = tlv(
    (1, tlv((1, uint(4, 4000)), (2, uint(8, 1)), (3, tlv((1, b"\0"), (2, tlv((1, uint(4, 4000)))))))),
    (
        2,
        tlv(
            (1, b"\0"),
            (2, tlv((1, b"\1"), (2, b"\2"), (3, uint(4, 2000)), (4, uint(4, 4000)))),
            (3, tlv((1, uint(2, 1920)), (2, uint(2, 1080)), (3, uint(1, 30)))),
        ),
    ),
    (3, tlv((1, b"\0"), (2, tlv((1, b"\1"), (2, b"\0"), (3, b"\2"), (4, uint(4, 64)))))),
)


def characteristic(iid, kind, perms, form, value=None):
    known = {} if value is None else {"value": value}
    return {"iid": iid, "type": kind, "perms": perms, "format": form, **known}


DATABASE = {
    "accessories": [
        {
            "aid": 1,
            "services": [
                {
                    "iid": 1,
                    "type": "3E",
                    "characteristics": [
                        characteristic(2, "14", ["pw"], "bool"),
                        characteristic(3, "20", ["pr"], "string", "Example"),
                        characteristic(4, "21", ["pr"], "string", "Camera"),
                        characteristic(5, "23", ["pr"], "string", "Front door"),
                        characteristic(6, "30", ["pr"], "string", "0001"),
                        characteristic(7, "52", ["pr"], "string", "1.0.0"),
                    ],
                },
                {
                    "iid": 10,
                    "type": "21A",
                    "characteristics": [
                        characteristic(11, "21B", ["pr", "pw", "ev", "tw"], "bool", 1),
                        characteristic(12, "223", ["pr", "pw", "ev", "tw"], "bool", 1),
                        characteristic(13, "225", ["pr", "pw", "ev", "tw"], "bool", 1),
                    ],
                },
                {
                    "iid": 20,
                    "type": "204",
                    "linked": [30, 40],
                    "characteristics": [
                        characteristic(21, "B0", ["pr", "pw", "ev", "tw"], "uint8", 0),
                        characteristic(22, "226", ["pr", "pw", "ev", "tw"], "uint8", 0),
                        characteristic(23, "209", ["pr", "pw", "ev"], "tlv8", ""),
                    ],
                },
                {
                    "iid": 30,
                    "type": "85",
                    "characteristics": [
                        characteristic(31, "22", ["pr", "ev"], "bool", False),
                        characteristic(32, "B0", ["pr", "ev"], "uint8", 1),
                    ],
                },
                {
                    "iid": 40,
                    "type": "129",
                    "characteristics": [
                        characteristic(41, "37", ["pr"], "string", "1.0"),
                        characteristic(42, "130", ["pr"], "tlv8", base64(tlv((1, tlv((1, b"\0")))))),
                        characteristic(43, "131", ["pr", "pw", "wr"], "tlv8", ""),
                    ],
                },
            ],
        }
    ]
}


def arm(exchange):
    exchange.put(
        [
            {"aid": 1, "iid": 23, "value": base64(SELECTED)},
            {"aid": 1, "iid": 22, "value": 1},
            {"aid": 1, "iid": 21, "value": 1},
            {"aid": 1, "iid": 31, "ev": True},
        ]
    )


def motion(exchange):
    body = compact({"characteristics": [{"aid": 1, "iid": 31, "value": True}]})
    exchange.session("camera", response("200 OK", JSON, body, "EVENT/1.0"))


def whole():
    exchange = Exchange("pairs, arms, records a clip, and unpairs")
    exchange.pair_setup()
    exchange.pair_verify()
    exchange.session("hub", request("GET", "/accessories"))
    exchange.session("camera", response("200 OK", JSON, compact(DATABASE)))
    arm(exchange)
    motion(exchange)
    exchange.set_up_stream()
    exchange.open_recording()
    exchange.accept()
    exchange.fragment(1, INIT)
    exchange.fragment(2, FRAGMENT)
    exchange.fragment(3, FRAGMENT, is_last=True)
    exchange.acknowledge()
    removed = tlv(state(1), (METHOD, b"\4"), (IDENTIFIER, exchange.HUB))
    exchange.session("hub", request("POST", "/pairings", TLV8, removed))
    exchange.session("camera", response("200 OK", TLV8, tlv(state(2))))
    return exchange


def closed_by_hub():
    exchange = Exchange("the hub has enough")
    exchange.pair_verify()
    exchange.set_up_stream()
    exchange.open_recording()
    exchange.accept()
    exchange.fragment(1, INIT)
    exchange.close("hub", 0)
    return exchange


def closed_by_camera():
    exchange = Exchange("the camera has lost its source")
    exchange.pair_verify()
    exchange.set_up_stream()
    exchange.open_recording()
    exchange.accept()
    exchange.fragment(1, INIT)
    exchange.close("camera", 5)
    return exchange


def wrong_code():
    exchange = Exchange("the hub has another setup code", "518-28-467")
    exchange.pair_setup()
    return exchange


def impostor():
    exchange = Exchange("somebody else answers for the camera")
    exchange.pair_verify(impostor=SigningKey(secret(0x77)))
    return exchange


def stranger():
    exchange = Exchange("the camera does not know the hub")
    exchange.pair_verify(stranger=True)
    return exchange


def spoiled_record():
    exchange = Exchange("a byte of a record is changed on the way")
    exchange.pair_verify()
    exchange.session("hub", request("GET", "/accessories"))
    exchange.spoil(9)
    exchange.error = "RECORD_AUTHENTICATION"
    return exchange


def refused_recording():
    exchange = Exchange("the camera may not record now")
    exchange.pair_verify()
    exchange.set_up_stream()
    exchange.open_recording()
    command = {"type": "refuse-recording", "streamId": 1, "reason": 1}
    exchange.respond("dataSend", "open", 6, {"status": 1}, command=command)
    exchange.error = "REFUSED"
    return exchange


def repeated_frame():
    exchange = Exchange("a frame comes twice")
    exchange.pair_verify()
    exchange.set_up_stream()
    exchange.open_recording()
    exchange.accept()
    exchange.fragment(1, INIT)
    exchange.repeat()
    exchange.error = "HDS_AUTHENTICATION"
    return exchange


EXCHANGES = [
    whole,
    closed_by_hub,
    closed_by_camera,
    wrong_code,
    impostor,
    stranger,
    spoiled_record,
    refused_recording,
    repeated_frame,
]


def text():
    cases = [exchange().case() for exchange in EXCHANGES]
    content = {
        "format": 1,
        "source": "HomeKit Accessory Protocol (non-commercial) R2 chapters 4 to 6, data streams as home "
        "hubs speak them; both sides computed by exchanges.py",
        "licence": "own work, MIT",
        "note": "Each step is one message: from says whose, over on which connection (pairing, session, "
        "stream), hex what is on the wire, plain what is sealed in it, command what its side was told to "
        "do. Without plain an HTTP message is in the clear. With isForged it is not its side that sent "
        "it. seed: Ed25519, scalar: X25519, keySalt: of SetupDataStreamTransport, random: of which the "
        "hub draws its request ids, each 256 + 4 bytes. Cases that do not begin on pairing are paired. "
        "error: with what the receiver of the last step refuses it.",
        "cases": cases,
    }
    return json.dumps(content, indent=1) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text())
    elif sys.argv[1:]:
        sys.exit(__doc__)
    elif FILE.read_text() != text():
        sys.exit("hub/exchanges.json is not what Python makes of its keys")
    else:
        messages = sum(len(case["steps"]) for case in json.loads(FILE.read_text())["cases"])
        print(f"{len(EXCHANGES)} exchanges of {messages} messages hold")
