"""The leaf parts of messages, as Python's email package reads them.

Reads {"mail": base64} or {"file": path} from each line, and answers with the
list of leaves, each [media type, transfer encoding, readings, whether it is
blank, its beginning], or with the name of an exception. A reading is
[name, SHA-256 of the decoded body]. The first, without a name, is the
package's own. The others are what it would read if it did not know blanks
around the name of the encoding, and blanks at the ends of lines of
quoted-printable; each has the name of what makes it differ. There is no
reading of parts of a kind whose body the package does not keep.
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
    is_message = message.get_content_type() in (
        "message/rfc822",
        "message/global",
        "message/news",
    )
    payload = any(
        m.items() or not isinstance(m.get_payload(), str) or m.get_payload().strip()
        for m in message.get_payload()
        if message.is_multipart()
    )
    if message.get_content_maintype() == "message" and (
        not is_message or transfer in ENCODED
    ):
        begins = "Pw==" if payload else ""
        out.append([message.get_content_type(), transfer, None, not payload, begins])
    elif message.is_multipart():
        for part in message.get_payload():
            leaves(part, out)
    else:
        readings = [("", message.get_payload(decode=True))]
        if str(message.get("content-transfer-encoding", "")).lower() != transfer:
            message.replace_header("content-transfer-encoding", transfer)
            body = message.get_payload(decode=True)
            readings.append(("blanks around the encoding", body))
        if transfer == "quoted-printable":
            message.set_payload(BLANKS.sub(r"\1\2", message.get_payload()))
            body = message.get_payload(decode=True)
            readings.append(("blanks at the end of a line", body))
        readings = [
            (name, body.replace(b"\r\n", b"\n").rstrip(b"\r\n")) for name, body in readings
        ]
        body = readings[-1][1]
        digests = [(name, hashlib.sha256(body).hexdigest()) for name, body in readings]
        begins = base64.b64encode(body[:4000]).decode()
        kind = message.get_content_type()
        out.append([kind, transfer, digests, not body.strip(), begins])


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
