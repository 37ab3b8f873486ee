"""Access tokens: the library reads ours, and would have made the same of the same inputs."""

import subprocess
import time
import unittest.mock

from twilio.jwt import JwtDecodeError
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

ACCOUNT_SID = "AC5b0d1c2e3f4a596877869504132231fe"
KEY_SID = "SK1c2e3f4a596877869504132231fe5b0d"
APPLICATION_SID = "AP3f4a596877869504132231fe5b0d1c2e"
PUSH_SID = "CR596877869504132231fe5b0d1c2e3f4a"
SECRET = "interop4interop5interop6interop7"
SIGNED_WITHIN_S = 30

# What is asked of our side, and the same asked of the library.
CASES = [
    (["--incoming"], {}, {"incoming_allow": True}),
    (
        ["--incoming", "--outgoing", APPLICATION_SID, "--param", "team=sales & service", "--param", "desk=7ä"],
        {},
        {
            "incoming_allow": True,
            "outgoing_application_sid": APPLICATION_SID,
            "outgoing_application_params": {"team": "sales & service", "desk": "7ä"},
        },
    ),
    (
        ["--outgoing", APPLICATION_SID, "--push", PUSH_SID, "--region", "ie1", "--ttl-s", "86400"],
        {"region": "ie1", "ttl": 86400},
        {"outgoing_application_sid": APPLICATION_SID, "push_credential_sid": PUSH_SID},
    ),
]


def signed(executable, options):
    command = [executable, "--account", ACCOUNT_SID, "--key", KEY_SID, "--identity", "ana.b-c_1", *options]
    return subprocess.run(command, input=SECRET + "\n", check=True, capture_output=True, text=True).stdout.strip()


def accepts(token, secret):
    try:
        AccessToken.from_jwt(token, secret)
    except JwtDecodeError:
        return False
    return True


def differences(executable):
    """What the library holds against our tokens, in words; nothing when all is well."""
    found = []
    for options, token_options, grant in CASES:
        token = signed(executable, options)
        # The check itself must be able to fail.
        if accepts(token, SECRET[::-1]):
            found.append(f"{options}: a token is good with another secret")
        ours = AccessToken.from_jwt(token, SECRET)
        now = ours.payload["nbf"]
        if not 0 <= time.time() - now <= SIGNED_WITHIN_S:
            found.append(f"{options}: signed at {now}, it is {time.time():.0f}")
        theirs = AccessToken(
            ACCOUNT_SID, KEY_SID, SECRET, grants=[VoiceGrant(**grant)], identity="ana.b-c_1", **token_options
        )
        with unittest.mock.patch("time.time", return_value=now):
            expected = AccessToken.from_jwt(theirs.to_jwt(), SECRET)
        for what in ["headers", "payload"]:
            if getattr(ours, what) != getattr(expected, what):
                found.append(f"{options}: {what} {getattr(ours, what)}, the library makes {getattr(expected, what)}")
    return found
