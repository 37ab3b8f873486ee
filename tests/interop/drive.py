"""Plays the scenario list at the stand-in through Twilio's official Python library, unchanged but for its base address.

Every webhook that comes of it is checked with the library's own RequestValidator, and access tokens with its own
reader. The last line is a summary in JSON; the exit status is 0 only when every scenario held.
"""

import argparse
import base64
import http.server
import json
import re
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import twilio
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

import access_token

WITHIN_S = 30
POLL_EVERY_S = 0.1
# Python names that the library had to change.
RENAMED = {"from": "from_"}


class Failed(Exception):
    """A step that did not hold, in words."""


class Receiver(http.server.ThreadingHTTPServer):
    """The application that the stand-in calls back. Keeps what came in, and whether its signature was good."""

    daemon_threads = True

    def __init__(self, documents, token):
        super().__init__(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.documents = documents
        self.validator = RequestValidator(token)
        self.seen = []
        self.lock = threading.Lock()

    def keep(self, path, url, params, signature):
        valid = self.validator.validate(url, params if params is not None else {}, signature)
        # The check itself must be able to fail.
        spoilt = self.validator.validate(f"{url}x", params if params is not None else {}, signature)
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, keep_blank_values=True))
        with self.lock:
            self.seen.append({"path": path, "params": {**query, **(params or {})}, "valid": valid and not spoilt})

    def matching(self, path, wanted):
        with self.lock:
            hooks = [hook["params"] for hook in self.seen if hook["path"] == path]
        return [params for params in hooks if all(matches(value, params.get(name)) for name, value in wanted.items())]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one webhook."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8")
        params = dict(urllib.parse.parse_qsl(body, keep_blank_values=True)) if self.command == "POST" else None
        path = urllib.parse.urlsplit(self.path).path
        signature = self.headers.get("X-Twilio-Signature") or ""
        self.server.keep(path, self.server.base + self.path, params, signature)
        document = self.server.documents.get(path)
        self.send_response(204 if document is None else 200)
        if document is not None:
            body = document.replace("{receiver}", self.server.base).encode("utf-8")
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if document is not None:
            self.wfile.write(body)

    do_GET = answer
    do_POST = answer

    def log_message(self, *_):
        """Nothing: the summary says what came in."""


def snake(name):
    return RENAMED.get(name) or re.sub(r"(?<!^)([A-Z])", lambda m: "_" + m.group(1).lower(), name)


def matches(wanted, seen):
    if isinstance(wanted, str) and len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/"):
        return re.fullmatch(wanted[1:-1], str(seen or "")) is not None
    return wanted == seen


class Drive:
    """The scenarios, with what earlier steps kept."""

    def __init__(self, given, receiver):
        self.base_url = given.base_url
        self.account, self.token = given.account_sid, given.auth_token
        self.receiver = receiver
        self.words = {"{number}": given.number, "{receiver}": receiver.base, "{account}": given.account_sid}
        self.kept = {}
        self.client = self.client_of(self.account, self.token)

    def client_of(self, user, secret):
        client = Client(user, secret, account_sid=self.account)
        client.api.base_url = self.base_url
        return client

    def filled(self, value):
        """The value with what is known put in: `{number}`, `$name.field`."""
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if isinstance(value, dict):
            return {name: self.filled(item) for name, item in value.items()}
        if not isinstance(value, str):
            return value
        for word, text in self.words.items():
            value = value.replace(word, text)

        def known(match):
            seen = self.kept[match.group(1)]
            return str(seen[match.group(2)] if isinstance(seen, dict) else getattr(seen, snake(match.group(2))))

        return re.sub(r"\$([a-z]+)\.([a-zA-Z]+)", known, value)

    def resource(self, client, path):
        """`["calls", SID, "recordings"]` is `client.calls(SID).recordings`."""
        here = client
        collection = None
        for part in self.filled(path):
            attribute = snake(part)
            if collection is not None and not hasattr(collection, attribute):
                here, collection = collection(part), None
            else:
                here = getattr(collection if collection is not None else here, attribute)
                collection = here
        return here

    def done(self, step):
        user = step.get("as_user")
        client = self.client_of(*self.filled(user)) if user else self.client
        resource = self.resource(client, step["on"])
        arguments = {snake(name): value for name, value in self.filled(step.get("with", {})).items()}
        return getattr(resource, step["do"])(**arguments)

    def step(self, step):
        if "wait_s" in step:
            time.sleep(step["wait_s"])
        elif "told" in step:
            wanted = self.filled(step["with"])
            hooks = until(f"{step['told']} is told {wanted}", lambda: self.receiver.matching(step["told"], wanted))
            self.kept[step.get("as", "told")] = hooks[0]
        elif "download" in step:
            self.download(step)
        elif "refused" in step:
            self.refused(step)
        elif "until" in step or "until_holds" in step or "until_count" in step:
            until(f"{step}", lambda: self.held(step, patient=True))
        else:
            self.held(step, patient=False)

    def held(self, step, patient):
        """Does the step and checks what it gives; a patient one only says whether it held."""
        result = self.done(step)
        problems = []
        expected = step.get("expect") or step.get("until") or {}
        for name, wanted in self.filled(expected).items():
            seen = getattr(result, snake(name))
            if not matches(wanted, seen):
                problems.append(f"{name}: {wanted!r} was expected, not {seen!r}")
        for wanted in self.filled(step.get("holds") or step.get("until_holds") or []):
            if not any(all(matches(v, getattr(item, snake(n))) for n, v in wanted.items()) for item in result):
                problems.append(f"the list holds no {wanted}")
        count = step.get("count", step.get("until_count"))
        if count is not None and len(result) != count:
            problems.append(f"{count} were expected, not {len(result)}")
        if "distinct" in step:
            seen = [getattr(item, snake(step["distinct"])) for item in result]
            if len(seen) != len(set(seen)):
                problems.append(f"{step['distinct']} is listed twice")
        if problems and not patient:
            raise Failed("; ".join(problems))
        if problems:
            return False
        if "as" in step:
            self.kept[step["as"]] = result
        if "first_as" in step:
            self.kept[step["first_as"]] = result[0]
        for item in result if "each" in step else []:
            getattr(item, step["each"]["do"])(**step["each"]["with"])
        return True

    def refused(self, step):
        status, code = step["refused"]
        try:
            self.done(step)
        except TwilioRestException as error:
            if (error.status, error.code) != (status, code):
                raise Failed(f"{status}/{code} was expected, not {error.status}/{error.code}") from error
            return
        raise Failed(f"not refused: {status}/{code} was expected")

    def download(self, step):
        path = self.filled(step["download"])
        request = urllib.request.Request(self.base_url + path)
        secret = base64.b64encode(f"{self.account}:{self.token}".encode()).decode()
        request.add_header("Authorization", f"Basic {secret}")
        try:
            with urllib.request.urlopen(request) as response:
                kind, body = response.headers.get("Content-Type"), response.read()
        except urllib.error.HTTPError as error:
            raise Failed(f"{path}: status {error.code}") from error
        if kind != step["type"] or not body.startswith(step["begins"].encode()) or len(body) < step["at_least"]:
            raise Failed(f"{path}: {kind}, {len(body)} bytes that begin with {body[:4]!r}")


def until(what, probe):
    """The first true value of `probe`; fails when there is none in time."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {WITHIN_S} s: {what}")
        time.sleep(POLL_EVERY_S)


def run(drive, scenarios):
    """Plays the scenarios in order until one does not hold: later ones build on earlier ones."""
    passed = 0
    for scenario in scenarios:
        start = time.monotonic()
        for step in scenario["steps"]:
            try:
                drive.step(step)
            except Exception as error:  # Whatever the library makes of a wrong answer, the summary comes last.
                words = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
                failure = f"{scenario['name']}: {json.dumps(step)}: {words}"
                print(f"  FAIL  {failure}", flush=True)
                return passed, failure
        print(f"  ok    {scenario['name']} ({time.monotonic() - start:.1f} s)", flush=True)
        passed += 1
    return passed, None


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    for name in ["scenarios", "base-url", "number", "account-sid", "auth-token", "access-token"]:
        arguments.add_argument(f"--{name}", required=True)
    given = arguments.parse_args()
    with open(given.scenarios, encoding="utf-8") as text:
        listed = json.load(text)
    receiver = Receiver(listed["documents"], given.auth_token)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    passed, failure = run(Drive(given, receiver), listed["scenarios"])
    kinds = sorted({hook["path"] for hook in receiver.seen})
    if failure is None and kinds != listed["webhooks"]:
        failure = f"webhooks came at {kinds}, and should at {listed['webhooks']}"
    if failure is None and not all(hook["valid"] for hook in receiver.seen):
        bad = [hook["path"] for hook in receiver.seen if not hook["valid"]]
        failure = f"webhooks that the library's validator refuses: {bad}"
    if failure is None:
        differences = access_token.differences(given.access_token)
        failure = f"access tokens: {differences}" if differences else None
    summary = {
        "library": f"twilio-python {twilio.__version__}",
        "scenarios": len(listed["scenarios"]),
        "passed": passed,
        "webhooks": len(receiver.seen),
        "webhooks_valid": sum(hook["valid"] for hook in receiver.seen),
        "failure": failure,
    }
    print(json.dumps(summary))
    sys.exit(1 if failure else 0)


if __name__ == "__main__":
    main()
