"""Twilio's official libraries, and our own client, against the stand-in.

Both libraries play the same list of scenarios, each at a stand-in of its own. A proxy keeps what is said, and each
exchange is compared with Twilio's OpenAPI description. Then each library signs and checks random requests with us. The
last line is a summary in JSON; the exit status is 0 only when everything held.
"""

import argparse
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time

from description import Description
from record import Recorder

ACCOUNT_SID = "AC5b0d1c2e3f4a596877869504132231fe"
AUTH_TOKEN = "interop0interop1interop2interop3"
START_WITHIN_S = 60
# Without its own `--seed`, each run has the same random requests.
SEED = "20261124"
# What the list of scenarios, and our client, must at least have said: fewer means that something was skipped.
OPERATIONS_MIN = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, probe):
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {START_WITHIN_S} s: {what}")
        time.sleep(0.05)


def serves(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def stand_in(demo, log):
    """A demo without callers, and a recorder before its REST API. Gives the recorder and a number of ours."""
    port, app_port = free_port(), free_port()
    command = [
        *[demo, "--twilio", f"127.0.0.1:{port}", "--listen", f"127.0.0.1:{app_port}", "--traffic", "none"],
        *["--account-sid", ACCOUNT_SID, "--auth-token", AUTH_TOKEN],
    ]
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
    recorder = Recorder(port)
    try:
        until(f"the demo listens on {port} (its output is in {log})", lambda: serves(port) or process.poll() is not None)
        if process.poll() is not None:
            raise SystemExit(f"the demo ended with status {process.returncode}; its output is in {log}")

        def number():
            with open(log, encoding="utf-8", errors="replace") as lines:
                return re.search(r"\+[1-9][0-9]{7,14}\b", lines.read())

        yield recorder, until("the demo prints its numbers", number).group(0)
    finally:
        recorder.shutdown()
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def told(command, quiet=False):
    """Runs a command, shows what it says unless `quiet`, and gives the JSON of its last line."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    last = ""
    for line in process.stdout:
        if last and not quiet:
            print(last, end="", flush=True)
        last = line
    process.wait()
    try:
        return {**json.loads(last), "status": process.returncode}
    except ValueError:
        print(last, flush=True)
        return {"failure": f"{command[0]} ended with status {process.returncode}", "status": process.returncode or 1}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    for name in ["examples", "modules", "description", "logs"]:
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("--requests", default="10000", help="random requests of each library")
    arguments.add_argument("--seed", default=SEED)
    given = arguments.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    example = lambda name: os.path.join(given.examples, name)
    description = Description(given.description)
    scenarios = ["--scenarios", os.path.join(here, "scenarios.json"), "--access-token", example("access_token")]
    drivers = {
        "python": [sys.executable, os.path.join(here, "drive.py"), *scenarios],
        "node": ["node", os.path.join(here, "drive.mjs"), "--modules", given.modules, *scenarios],
    }
    summary, problems, operations = {}, {}, set()

    def compare(exchanges):
        for exchange in exchanges:
            found, operation = description.problems(exchange)
            operations.update([operation] if operation else [])
            for problem in found:
                problems.setdefault(problem, exchange)

    account = ["--account-sid", ACCOUNT_SID, "--auth-token", AUTH_TOKEN]
    for name, command in drivers.items():
        print(f"{name}: the scenarios", flush=True)
        with stand_in(example("demo"), os.path.join(given.logs, f"interop-{name}.log")) as (recorder, number):
            summary[name] = told([*command, "--base-url", recorder.url, "--number", number, *account])
        compare(recorder.exchanges)
    print("our client: every operation, bare and with every parameter", flush=True)
    for name, options in {"ours": [], "ours_full": ["--sample"]}.items():
        with stand_in(example("demo"), os.path.join(given.logs, f"interop-{name}.log")) as (recorder, _):
            command = [example("rest_client"), "--base-url", recorder.url, *account, *options]
            summary[name] = told(command, quiet=True)
        compare(recorder.exchanges)
    for name, command in {
        "python_signatures": [sys.executable, os.path.join(here, "signatures.py")],
        "node_signatures": ["node", os.path.join(here, "signatures.mjs"), "--modules", given.modules],
    }.items():
        print(f"{name.removesuffix('_signatures')}: random signatures", flush=True)
        options = ["--ours", example("signatures"), "--requests", given.requests, "--seed", given.seed]
        summary[name] = told([*command, *options])
    for problem, exchange in sorted(problems.items()):
        print(f"  NOT AS DESCRIBED  {problem}")
        print(f"      {exchange['method']} {exchange['path']}?{exchange['query']} {exchange['body']}"[:300])
    failed = [name for name, told_ in summary.items() if told_["status"] != 0]
    summary["described"] = {"operations": len(operations), "differences": len(problems)}
    if problems:
        failed.append("described")
    if len(operations) < OPERATIONS_MIN:
        failed.append(f"only {len(operations)} operations of the description were used")
    summary["failed"] = failed
    print(json.dumps(summary))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
