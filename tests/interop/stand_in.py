"""Twilio's official Python library against the simulator's REST API.

Starts the demo on free ports of the loopback interface, places and steers calls and conferences through the library,
and answers the webhooks that come of it. Each webhook is checked with the library's own RequestValidator, and access
tokens with its own reader. The last line printed is a summary in JSON; the exit status is 0 only when every check held.
"""

import argparse
import http.server
import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import twilio
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

import access_token

ACCOUNT_SID = "AC5b0d1c2e3f4a596877869504132231fe"
AUTH_TOKEN = "interop0interop1interop2interop3"
ROOM = "interop-room"
# The range 555-0100 to 555-0199 is reserved for fiction.
CUSTOMER = "+14155550141"
COLLEAGUE = "+14155550142"
OTHERS = ["+14155550143", "+14155550144", "+14155550145"]
START_WITHIN_S = 60
CHANGE_WITHIN_S = 30
POLL_EVERY_S = 0.1

INLINE = "<Response><Say>Hello</Say><Pause length=\"120\"/></Response>"


class Failed(Exception):
    """A check that did not hold, in words."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, probe, within_s=CHANGE_WITHIN_S):
    """The first true value of `probe`; fails when there is none in time."""
    deadline = time.monotonic() + within_s
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {within_s} s: {what}")
        time.sleep(POLL_EVERY_S)


class Receiver(http.server.ThreadingHTTPServer):
    """The application that the simulator calls back. Keeps what came in, and whether its signature was good."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.validator = RequestValidator(AUTH_TOKEN)
        self.seen = []
        self.lock = threading.Lock()

    def keep(self, path, url, params, signature):
        valid = self.validator.validate(url, params, signature)
        # The check itself must be able to fail.
        spoilt = self.validator.validate(url, {**params, "CallStatus": "spoilt"}, signature)
        with self.lock:
            self.seen.append({"path": path, "params": params, "valid": valid and not spoilt})

    def at(self, path):
        with self.lock:
            return [hook["params"] for hook in self.seen if hook["path"] == path]

    def document(self, path):
        if path == "/voice":
            return (
                f'<Response><Dial><Conference statusCallback="{self.base}/conference" '
                'statusCallbackEvent="start end join leave mute hold announcement" '
                f'endConferenceOnExit="false">{ROOM}</Conference></Dial></Response>'
            )
        if path == "/announce":
            return "<Response><Say>The line is recorded.</Say></Response>"
        if path == "/next":
            return '<Response><Say>Moved.</Say><Pause length="120"/></Response>'
        return None


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one webhook."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8")
        params = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        path = urllib.parse.urlsplit(self.path).path
        signature = self.headers.get("X-Twilio-Signature") or ""
        self.server.keep(path, self.server.base + self.path, params, signature)
        document = self.server.document(path)
        self.send_response(204 if document is None else 200)
        if document is not None:
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(document.encode("utf-8"))))
        self.end_headers()
        if document is not None:
            self.wfile.write(document.encode("utf-8"))

    do_GET = answer
    do_POST = answer

    def log_message(self, *_):
        """Nothing: the summary says what came in."""


class Interop:
    """The checks, in the order they run. Each public method is one."""

    def __init__(self, base_url, receiver, number, token_signer):
        self.base_url = base_url
        self.token_signer = token_signer
        self.receiver = receiver
        self.number = number
        self.client = self.client_with(AUTH_TOKEN)
        self.customer = None
        self.others = []

    def client_with(self, token):
        client = Client(ACCOUNT_SID, token)
        client.api.base_url = self.base_url
        return client

    def status(self, sid):
        return self.client.calls(sid).fetch().status

    def becomes(self, sid, status):
        until(f"call {sid} is {status}", lambda: self.status(sid) == status)

    def refused(self, status, code, act):
        """`act` is refused with this HTTP status and Twilio error code."""
        try:
            act()
        except TwilioRestException as error:
            same("HTTP status", error.status, status)
            same("error code", error.code, code)
            return
        raise Failed(f"not refused: {status}/{code} was expected")

    def call_with_a_url_is_answered(self):
        call = self.client.calls.create(
            to=CUSTOMER,
            from_=self.number,
            url=f"{self.receiver.base}/voice?step=first",
            status_callback=f"{self.receiver.base}/status",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        matches("sid", r"CA[0-9a-f]{32}", call.sid)
        same("direction", call.direction, "outbound-api")
        same("account", call.account_sid, ACCOUNT_SID)
        same("to", call.to, CUSTOMER)
        self.customer = call.sid
        self.becomes(call.sid, "in-progress")
        asked = until("a document is asked for", lambda: self.receiver.at("/voice"))[0]
        same("CallSid", asked.get("CallSid"), call.sid)
        same("AccountSid", asked.get("AccountSid"), ACCOUNT_SID)
        same("ApiVersion", asked.get("ApiVersion"), "2010-04-01")

    def calls_with_inline_twiml_are_answered(self):
        for to in OTHERS:
            self.others.append(self.client.calls.create(to=to, from_=self.number, twiml=INLINE).sid)
        for sid in self.others:
            self.becomes(sid, "in-progress")

    def calls_are_listed_in_pages(self):
        ours = {self.customer, *self.others}
        listed = [call.sid for call in self.client.calls.list(page_size=2)]
        same("calls listed twice", len(listed) - len(set(listed)), 0)
        same("our calls that the list misses", sorted(ours - set(listed)), [])
        page = self.client.calls.page(page_size=2)
        same("calls on the first page", len(list(page)), 2)
        if page.next_page_url is None:
            raise Failed("the first of several pages names no next one")
        same("calls listed with a limit of 3", len(self.client.calls.list(limit=3, page_size=2)), 3)
        to_one = self.client.calls.list(to=OTHERS[0])
        same("calls to one number", [call.sid for call in to_one], [self.others[0]])
        live = {call.sid for call in self.client.calls.list(status="in-progress")}
        same("our live calls that the list misses", sorted(ours - live), [])

    def live_call_is_redirected(self):
        sid = self.others[0]
        same("sid", self.client.calls(sid).update(twiml=INLINE).sid, sid)
        self.client.calls(sid).update(url=f"{self.receiver.base}/next", method="GET")
        until("the new document is asked for", lambda: self.seen_for(sid, "/next"))
        same("status", self.status(sid), "in-progress")

    def seen_for(self, sid, path):
        with self.receiver.lock:
            hooks = [hook for hook in self.receiver.seen if hook["path"] == path]
        return [hook for hook in hooks if hook["params"].get("CallSid", sid) == sid]

    def live_call_is_ended_and_deleted(self):
        sid = self.others[0]
        self.client.calls(sid).update(status="completed")
        self.becomes(sid, "completed")
        self.refused(400, 21220, lambda: self.client.calls(sid).update(status="completed"))
        same("deleted", self.client.calls(sid).delete(), True)
        self.refused(404, 20404, lambda: self.client.calls(sid).fetch())

    def live_conference(self):
        rooms = self.client.conferences.list(friendly_name=ROOM)
        return next((room for room in rooms if room.status != "completed"), None)

    def conference_is_born_with_its_first_participant(self):
        room = until("the conference is there", self.live_conference)
        matches("sid", r"CF[0-9a-f]{32}", room.sid)
        fetched = self.client.conferences(room.sid).fetch()
        same("name", fetched.friendly_name, ROOM)
        same("participants", self.participants(room.sid), [self.customer])

    def participants(self, room):
        return sorted(p.call_sid for p in self.client.conferences(room).participants.list())

    def participant_joins_by_api(self):
        room = self.live_conference().sid
        joined = self.client.conferences(room).participants.create(
            from_=self.number,
            to=COLLEAGUE,
            end_conference_on_exit=False,
            status_callback=f"{self.receiver.base}/status",
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        self.becomes(joined.call_sid, "in-progress")
        both = sorted([self.customer, joined.call_sid])
        until("both are in the conference", lambda: self.participants(room) == both)
        until("the conference runs", lambda: self.client.conferences(room).fetch().status == "in-progress")
        same("running", [c.sid for c in self.client.conferences.list(friendly_name=ROOM, status="in-progress")], [room])

    def participant_is_muted_and_held(self):
        room = self.live_conference().sid
        customer = self.client.conferences(room).participants(self.customer)
        same("muted", customer.update(muted=True).muted, True)
        same("muted, as fetched", customer.fetch().muted, True)
        same("heard again", customer.update(muted=False).muted, False)
        same("on hold", customer.update(hold=True).hold, True)
        same("on hold, as fetched", customer.fetch().hold, True)
        same("taken back", customer.update(hold=False).hold, False)
        for event in ["participant-mute", "participant-unmute", "participant-hold", "participant-unhold"]:
            until(f"{event} is told", lambda event=event: self.told(event))

    def told(self, event):
        return [p for p in self.receiver.at("/conference") if p.get("StatusCallbackEvent") == event]

    def announcement_is_asked_for(self):
        room = self.live_conference().sid
        self.client.conferences(room).update(announce_url=f"{self.receiver.base}/announce")
        until("the announcement is asked for", lambda: self.receiver.at("/announce"))

    def participant_is_taken_out(self):
        room = self.live_conference().sid
        colleague = next(sid for sid in self.participants(room) if sid != self.customer)
        same("taken out", self.client.conferences(room).participants(colleague).delete(), True)
        until("one is left", lambda: self.participants(room) == [self.customer])
        self.refused(404, 20404, lambda: self.client.conferences(room).participants(colleague).fetch())

    def conference_is_ended(self):
        room = self.live_conference().sid
        self.client.conferences(room).update(status="completed")
        until("the conference is over", lambda: self.client.conferences(room).fetch().status == "completed")
        until("conference-end is told", lambda: self.told("conference-end"))
        # Nothing follows the Dial in the document, so the customer's call ends with the conference.
        self.becomes(self.customer, "completed")

    def every_progress_is_told_in_order(self):
        def mine():
            hooks = [p for p in self.receiver.at("/status") if p.get("CallSid") == self.customer]
            return sorted(hooks, key=lambda p: int(p.get("SequenceNumber", -1)))

        until("the end is told", lambda: any(p.get("CallStatus") == "completed" for p in mine()))
        wanted = ["initiated", "ringing", "in-progress", "completed"]
        same("progress told", [p.get("CallStatus") for p in mine()], wanted)
        same("its numbers", [p.get("SequenceNumber") for p in mine()], ["0", "1", "2", "3"])

    def mistakes_have_twilios_codes(self):
        stranger = self.client_with("not-the-token")
        self.refused(401, 20003, lambda: stranger.calls(self.customer).fetch())
        self.refused(401, 20003, lambda: stranger.calls.create(to=CUSTOMER, from_=self.number, twiml=INLINE))
        self.refused(404, 20404, lambda: self.client.calls("CA" + "0" * 32).fetch())
        self.refused(404, 20404, lambda: self.client.conferences("CF" + "0" * 32).fetch())
        self.refused(
            400, 21211, lambda: self.client.calls.create(to="not-a-number", from_=self.number, twiml=INLINE)
        )
        self.refused(400, 21205, lambda: self.client.calls.create(to=CUSTOMER, from_=self.number, url="not-a-url"))

    def what_is_left_is_hung_up(self):
        live = [call.sid for call in self.client.calls.list(status="in-progress", page_size=2)]
        for sid in live:
            self.client.calls(sid).update(status="completed")
        for sid in live:
            self.becomes(sid, "completed")

    def every_webhook_was_signed(self):
        with self.receiver.lock:
            seen = list(self.receiver.seen)
        bad = [f"{hook['path']} {hook['params'].get('CallStatus', '')}" for hook in seen if not hook["valid"]]
        same("webhooks whose signature is wrong", bad, [])
        kinds = {hook["path"] for hook in seen}
        same("kinds of webhooks seen", sorted(kinds), ["/announce", "/conference", "/next", "/status", "/voice"])

    def access_tokens_are_what_the_library_makes(self):
        same("differences", access_token.differences(self.token_signer), [])


def same(what, seen, wanted):
    if seen != wanted:
        raise Failed(f"{what}: {wanted!r} was expected, not {seen!r}")


def matches(what, pattern, seen):
    if not re.fullmatch(pattern, seen or ""):
        raise Failed(f"{what}: {pattern} was expected, not {seen!r}")


CHECKS = [
    Interop.call_with_a_url_is_answered,
    Interop.calls_with_inline_twiml_are_answered,
    Interop.calls_are_listed_in_pages,
    Interop.live_call_is_redirected,
    Interop.live_call_is_ended_and_deleted,
    Interop.conference_is_born_with_its_first_participant,
    Interop.participant_joins_by_api,
    Interop.participant_is_muted_and_held,
    Interop.announcement_is_asked_for,
    Interop.participant_is_taken_out,
    Interop.conference_is_ended,
    Interop.every_progress_is_told_in_order,
    Interop.mistakes_have_twilios_codes,
    Interop.what_is_left_is_hung_up,
    Interop.every_webhook_was_signed,
    Interop.access_tokens_are_what_the_library_makes,
]


def serves(port, process):
    """Whether somebody listens at `port`; fails at once when the demo has ended."""
    if process is not None and process.poll() is not None:
        raise Failed(f"the demo ended with status {process.returncode}")
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def number_printed(log):
    """The first of the numbers that the demo prints."""

    def find():
        with open(log, encoding="utf-8", errors="replace") as lines:
            return re.search(r"\+[1-9][0-9]{7,14}\b", lines.read())

    return until("the demo prints its numbers", find).group(0)


def run(checks):
    """Runs the checks in order until one does not hold: later ones build on earlier ones."""
    passed = []
    for check in checks:
        name = check.__name__.replace("_", " ")
        start = time.monotonic()
        try:
            check()
        except Exception as error:  # Whatever the library makes of a wrong answer, the summary comes last.
            words = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
            print(f"  FAIL  {name}: {words}", flush=True)
            return passed, f"{name}: {words}"
        print(f"  ok    {name} ({time.monotonic() - start:.1f} s)", flush=True)
        passed.append(name)
    return passed, None


def interop(demo, token_signer, log):
    port, app_port = free_port(), free_port()
    command = [
        *[demo, "--twilio", f"127.0.0.1:{port}", "--listen", f"127.0.0.1:{app_port}", "--traffic", "none"],
        *["--account-sid", ACCOUNT_SID, "--auth-token", AUTH_TOKEN],
    ]
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    try:
        until(f"the demo listens on {port}", lambda: serves(port, process), START_WITHIN_S)
        suite = Interop(f"http://127.0.0.1:{port}", receiver, number_printed(log), token_signer)
        passed, failure = run([check.__get__(suite) for check in CHECKS])
    except Failed as error:
        passed, failure = [], str(error)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
        receiver.shutdown()
    if failure:
        print(f"  the demo's output is in {log}", flush=True)
    return {
        "library": f"twilio-python {twilio.__version__}",
        "passed": len(passed),
        "checks": len(CHECKS),
        "webhooks": len(receiver.seen),
        "webhooks_valid": sum(hook["valid"] for hook in receiver.seen),
        "failure": failure,
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--demo", required=True, help="the demo's executable")
    arguments.add_argument("--access-token", required=True, help="the executable of the example access_token")
    arguments.add_argument("--log", required=True, help="where the demo's output goes")
    given = arguments.parse_args()
    summary = interop(given.demo, given.access_token, given.log)
    print(json.dumps(summary))
    sys.exit(1 if summary["failure"] else 0)


if __name__ == "__main__":
    main()
