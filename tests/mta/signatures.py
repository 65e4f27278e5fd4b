#!/usr/bin/python3
"""Signs or verifies mails with dkimpy, which asks this program for keys.

The first line of the input is a JSON object with action, domain, selector, key
and record; each line after it is a mail in base64. For each there is one line
of JSON: the signed mail, or why the signature is wrong (null: it is right).
"""

import base64
import json
import sys

import dkim

SIGNED = [
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
]


def sign(mail, options):
    signature = dkim.sign(
        mail,
        options["selector"].encode(),
        options["domain"].encode(),
        options["key"].encode(),
        canonicalize=(b"simple", b"simple"),
        include_headers=SIGNED,
    )
    return {"mail": base64.b64encode(signature + mail).decode()}


def verify(mail, options):
    def answer(name, timeout=5):
        wanted = f"{options['selector']}._domainkey.{options['domain']}."
        return options["record"].encode() if name.decode() == wanted else None

    try:
        is_right = dkim.DKIM(mail).verify(dnsfunc=answer)
    except dkim.DKIMException as error:
        return {"why": str(error)}
    return {"why": None if is_right else "the signature does not verify"}


def main():
    options = json.loads(sys.stdin.readline())
    act = {"sign": sign, "verify": verify}[options["action"]]
    for line in sys.stdin:
        print(json.dumps(act(base64.b64decode(line), options)))


main()
