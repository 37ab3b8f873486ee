"""Ten thousand random requests each way: what the library signs ours accepts, and what ours signs the library accepts;
forged ones are refused by both.

Ours is a program that reads one JSON object a line and answers in lines. The seed is printed, and can be given again.
"""

import argparse
import base64
import hashlib
import json
import random
import string
import subprocess
import sys
import time
import urllib.parse

import twilio
from twilio.request_validator import RequestValidator

ALPHABETS = [string.ascii_letters + string.digits, "äöüñé日本語🙂", " +&=%#'\"<>/?;:@,.", "\t"]
NAMES = ["CallSid", "From", "To", "CallStatus", "Digits", "SpeechResult", "FromCity", "Caller", "a", "A", "_x", "A-b"]


def text(chance, most):
    alphabet = chance.choice(ALPHABETS) if chance.random() < 0.5 else "".join(ALPHABETS)
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(most)))


def request(chance):
    """A request as the network knows it: method, target, body; and the pairs of its form."""
    path = "/" + "/".join(urllib.parse.quote(text(chance, 8), safe="") for _ in range(chance.randrange(1, 4)))
    query = [(chance.choice(NAMES), text(chance, 10)) for _ in range(chance.randrange(3))]
    target = path + ("?" + urllib.parse.urlencode(query) if query else "")
    kind = chance.choice(["form", "form", "form", "get", "json"])
    if kind == "json":
        body = json.dumps({text(chance, 6): text(chance, 20) for _ in range(chance.randrange(4))})
        digest = hashlib.sha256(body.encode()).hexdigest()
        target += ("&" if query else "?") + f"bodySHA256={digest}"
        return {"kind": kind, "target": target, "body": body, "pairs": []}
    # The libraries take a map, so a name comes once.
    names = chance.sample(NAMES, chance.randrange(len(NAMES)))
    pairs = [(name, text(chance, 16)) for name in names] if kind == "form" else []
    return {"kind": kind, "target": target, "body": urllib.parse.urlencode(pairs), "pairs": pairs}


def forged(chance, signature):
    """Another signature of the same form."""
    raw = bytearray(base64.b64decode(signature))
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    return base64.b64encode(raw).decode()


class Ours:
    """Our program."""

    def __init__(self, executable, base, token):
        command = [executable, "--base", base]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask({"token": token})

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--ours", required=True, help="the executable of the example signatures")
    arguments.add_argument("--requests", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    base, token = "https://calls.example.com", "12345" + "".join(chance.choices(string.hexdigits, k=27))
    ours, library = Ours(given.ours, base, token), RequestValidator(token)
    wrong = []
    for _ in range(given.requests):
        asked = request(chance)
        url, params = base + asked["target"], asked["body"] if asked["kind"] == "json" else dict(asked["pairs"])
        signature = library.compute_signature(url, {} if asked["kind"] == "json" else params)
        question = {**asked, "signature": signature, "forged": forged(chance, signature)}
        answer = ours.ask(question)
        held = {
            "ours accepts what the library signs": answer["accepts"],
            "ours refuses a forged one": not answer["accepts_forged"],
            "the library accepts what ours signs": library.validate(url, params, answer["signature"]),
            "the library refuses a forged one": not library.validate(url, params, question["forged"]),
        }
        wrong += [{"rule": rule, "request": question} for rule, holds in held.items() if not holds]
        if len(wrong) > 5:
            break
    for entry in wrong[:5]:
        print(json.dumps(entry), flush=True)
    library_name = f"twilio-python {twilio.__version__}"
    print(json.dumps({"library": library_name, "requests": given.requests, "seed": given.seed, "wrong": len(wrong)}))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
