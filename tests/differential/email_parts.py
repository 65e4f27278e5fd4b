"""The leaf parts of messages, as Python's email package reads them.

Reads {"mail": base64} or {"file": path} from each line, and answers with the
list of leaves, each [media type, transfer encoding, SHA-256 of the decoded
body in one reading or two, its beginning], or with the name of an exception.
The second reading is that of quoted-printable without the blanks at the ends
of lines. The body is null where the package reads parts of a kind that has
none for us.
"""

import base64
import hashlib
import json
import re
import sys
from email import message_from_bytes

# A message under one of these is parsed by the package without decoding it.
ENCODED = ("base64", "quoted-printable", "uuencode", "x-uuencode", "uue", "x-uue")

# White space at the end of a line, also before or after the sign of a soft
# line break, which RFC 2045 section 6.7 (3) takes for added on the way.
BLANKS = re.compile(r"(=?)[ \t]+(\r?\n|\Z)")


def leaves(message, out):
    transfer = str(message.get("content-transfer-encoding", "")).strip().lower()
    is_message = message.get_content_type() in ("message/rfc822", "message/global")
    payload = any(
        m.items() or not isinstance(m.get_payload(), str) or m.get_payload().strip()
        for m in message.get_payload()
        if message.is_multipart()
    )
    if message.get_content_maintype() == "message" and (
        not is_message or transfer in ENCODED
    ):
        out.append([message.get_content_type(), transfer, None, "Pw==" if payload else ""])
    elif message.is_multipart():
        for part in message.get_payload():
            leaves(part, out)
    else:
        readings = [message.get_payload(decode=True)]
        if transfer == "quoted-printable":
            message.set_payload(BLANKS.sub(r"\1\2", message.get_payload()))
            readings.append(message.get_payload(decode=True))
        readings = [r.replace(b"\r\n", b"\n").rstrip(b"\r\n") for r in readings]
        digests = [hashlib.sha256(r).hexdigest() for r in readings]
        begins = base64.b64encode(readings[-1][:4000]).decode()
        out.append([message.get_content_type(), transfer, digests, begins])


for line in sys.stdin:
    question = json.loads(line)
    if "file" in question:
        with open(question["file"], "rb") as file:
            raw = file.read()
    else:
        raw = base64.b64decode(question["mail"])
    try:
        answer = []
        leaves(message_from_bytes(raw), answer)
    except Exception as error:  # whatever it is, it is their answer
        answer = type(error).__name__
    print(json.dumps(answer))
