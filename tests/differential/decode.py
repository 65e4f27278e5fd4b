"""Transfer encodings, as Python undoes them.

Reads {"transfer": name, "body": base64} from each line, and answers with
readings in base64: that of the email package, and that of binascii, which is
null where binascii raises an error.
"""

import base64
import binascii
import json
import sys
from email import message_from_bytes

for line in sys.stdin:
    question = json.loads(line)
    body = base64.b64decode(question["body"])
    head = b"Content-Transfer-Encoding: " + question["transfer"].encode() + b"\n\n"
    readings = [message_from_bytes(head + body).get_payload(decode=True)]
    try:
        if question["transfer"] == "base64":
            readings.append(binascii.a2b_base64(body))
        else:
            readings.append(binascii.a2b_qp(body))
    except binascii.Error:
        readings.append(None)
    encoded = [r if r is None else base64.b64encode(r).decode() for r in readings]
    print(json.dumps(encoded))
