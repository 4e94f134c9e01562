#!/usr/bin/env python3
"""Second implementation of https://c2sp.org/chunked-encryption (SHA-512, AEAD_AES_256_GCM).

Written from the text of the specification with the Python package `cryptography` and sharing no
code with the TypeScript one. It writes vectors.json beside itself; run it by hand:

    python3 make.py            writes vectors.json
    python3 make.py --check    fails when vectors.json is not what it would write
    python3 make.py --open KEY CONTEXT < sealed > plaintext      (KEY and CONTEXT in hexadecimal)

Fields: `plaintext` is the rule "byte i is (i + i div 256) mod 256" cut at `length`; `sealed` is in
full where it is short, and always as SHA-256. `refused` says how to damage the message `of` and
which reason an implementation must give.
"""
import hashlib
import json
import pathlib
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

CHUNK, TAG, SALT, COMMITMENT = 16384, 16, 24, 32
LENGTHS = [0, 1, 15, 16, 17, 1024, 16383, 16384, 16385, 20480, 32767, 32768, 65541, 1048576]


def derive(key, salt, context):
    info = b"c2sp.org/chunked-encryption@v1+" + b"AEAD_AES_256_GCM" + b"\x00" + salt + context
    out = HKDFExpand(hashes.SHA512(), 32 + 12 + COMMITMENT, info).derive(key)
    return AESGCM(out[:32]), int.from_bytes(out[32:44], "big"), out[44:]


def seal(key, salt, context, plaintext):
    aead, base, commitment = derive(key, salt, context)
    out = [salt, commitment]
    for number in range(len(plaintext) // CHUNK + 1):
        chunk = plaintext[number * CHUNK : (number + 1) * CHUNK]
        out.append(aead.encrypt((base ^ number).to_bytes(12, "big"), chunk, None))
    return b"".join(out)


def open_(key, context, sealed):
    if len(sealed) < SALT + COMMITMENT:
        raise ValueError("not-sealed")
    salt, body = sealed[:SALT], sealed[SALT + COMMITMENT :]
    aead, base, commitment = derive(key, salt, context)
    if commitment != sealed[SALT : SALT + COMMITMENT]:
        raise ValueError("not-this-key")
    out, number = [], 0
    while True:
        chunk, body = body[: CHUNK + TAG], body[CHUNK + TAG :]
        if not chunk:
            raise ValueError("cut")
        if len(chunk) < TAG:
            raise ValueError("not-sealed")
        try:
            out.append(aead.decrypt((base ^ number).to_bytes(12, "big"), chunk, None))
        except InvalidTag:
            raise ValueError("altered") from None
        if len(chunk) < CHUNK + TAG:
            return b"".join(out)
        number += 1


def pattern(length):
    return bytes((i + i // 256) % 256 for i in range(length))


def vectors():
    messages = []
    for place, length in enumerate(LENGTHS):
        key = hashlib.sha256(b"key %d" % place).digest()
        salt = hashlib.sha256(b"salt %d" % place).digest()[:SALT]
        context = b"" if place % 3 == 0 else b"context %d" % place
        sealed = seal(key, salt, context, pattern(length))
        assert open_(key, context, sealed) == pattern(length)
        entry = {
            "length": length,
            "key": key.hex(),
            "salt": salt.hex(),
            "context": context.hex(),
            "sealedLength": len(sealed),
            "sealedSha256": hashlib.sha256(sealed).hexdigest(),
        }
        if length <= 1024:
            entry["sealed"] = sealed.hex()
        messages.append(entry)

    def refused(name, length, reason, edit, context=None):
        place = LENGTHS.index(length)
        return {"name": name, "of": place, "reason": reason, "edit": edit, **({} if context is None else {"context": context})}

    bad = [
        refused("nothing at all", 0, "not-sealed", {"keep": 0}),
        refused("head only in part", 17, "not-sealed", {"keep": 55}),
        refused("head without a chunk", 17, "cut", {"keep": 56}),
        refused("last tag in part", 16385, "not-sealed", {"keep": 56 + 16400 + 15}),
        refused("last chunk missing", 16384, "cut", {"keep": 56 + 16400}),
        refused("last of three chunks missing", 32768, "cut", {"keep": 56 + 2 * 16400}),
        refused("last chunk shorter by one", 20480, "altered", {"keep": 56 + 16400 + 4096 + 15}),
        refused("a byte appended", 17, "altered", {"append": "00"}),
        refused("salt altered", 17, "not-this-key", {"flip": 0}),
        refused("commitment altered", 17, "not-this-key", {"flip": 24}),
        refused("first ciphertext byte altered", 17, "altered", {"flip": 56}),
        refused("last tag byte altered", 65541, "altered", {"flip": 65541 + 56 + 5 * 16 - 1}),
        refused("other context", 17, "not-this-key", {}, b"another".hex()),
    ]
    for case in bad:
        message = messages[case["of"]]
        key, context = bytes.fromhex(message["key"]), bytes.fromhex(case.get("context", message["context"]))
        sealed = bytearray(seal(key, bytes.fromhex(message["salt"]), bytes.fromhex(message["context"]), pattern(message["length"])))
        edit = case["edit"]
        if "keep" in edit:
            sealed = sealed[: edit["keep"]]
        if "flip" in edit:
            sealed[edit["flip"]] ^= 1
        sealed += bytes.fromhex(edit.get("append", ""))
        try:
            open_(key, context, bytes(sealed))
            raise AssertionError(case["name"])
        except ValueError as reason:
            assert str(reason) == case["reason"], (case["name"], str(reason))
    return {"specification": "https://c2sp.org/chunked-encryption", "hash": "SHA-512", "aead": "AEAD_AES_256_GCM", "messages": messages, "refused": bad}


def main():
    if sys.argv[1:2] == ["--open"]:
        key, context = (bytes.fromhex(word) for word in sys.argv[2:4])
        sys.stdout.buffer.write(open_(key, context, sys.stdin.buffer.read()))
        return
    text = json.dumps(vectors(), indent=1) + "\n"
    path = pathlib.Path(__file__).with_name("vectors.json")
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if path.read_text() == text else "vectors.json differs")
    path.write_text(text)


main()
