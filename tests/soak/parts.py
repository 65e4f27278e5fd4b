#!/usr/bin/env python3
"""Compares messages before and after cleaning, part by part.

Reads lines "before<TAB>after" of file names from standard input, and writes a
line for each message of which a part is lost or damaged: other fields, another
structure, an attachment that is not the same, a text that can no longer be
decoded.
"""

import email
import email.policy
import sys

# What may be put into the header block, and what may be taken out of it.
OURS = {
    "x-untrackd",
    "disposition-notification-to",
    "disposition-notification-options",
    "return-receipt-to",
    "read-receipt-to",
    "x-confirm-reading-to",
    "x-pmrqc",
}


def fields(part, is_top):
    return [
        (name, value)
        for name, value in part.raw_items()
        if not (is_top and name.lower() in OURS)
    ]


def decoded(part):
    """Bytes of a leaf, and how many characters its charset cannot read."""
    payload = part.get_payload(decode=True) or b""
    charset = part.get_param("charset") or "utf-8"
    if isinstance(charset, tuple):
        charset = charset[2]
    try:
        text = payload.decode(charset, "replace")
    except (LookupError, ValueError):
        text = payload.decode("latin-1")
    return payload, text.count("\ufffd")


def defects(part):
    return sorted(type(defect).__name__ for defect in part.defects)


def compare(before, after, path="1"):
    """Yields what is wrong with a part and those below it."""
    if fields(before, path == "1") != fields(after, path == "1"):
        yield f"{path}: other fields"
    if before.is_multipart() != after.is_multipart():
        yield f"{path}: other structure"
        return
    if before.is_multipart():
        children = before.get_payload(), after.get_payload()
        if len(children[0]) != len(children[1]):
            yield f"{path}: {len(children[1])} parts instead of {len(children[0])}"
        for number, (a, b) in enumerate(zip(*children), 1):
            yield from compare(a, b, f"{path}.{number}")
        for name in "preamble", "epilogue":
            if getattr(before, name) != getattr(after, name):
                yield f"{path}: other {name}"
        if defects(before) != defects(after):
            yield f"{path}: {defects(after)} instead of {defects(before)}"
        return
    is_text = before.get_content_type() in ("text/plain", "text/html", "application/xhtml+xml")
    is_text |= before.get_content_maintype() == "text"
    if not is_text:
        if before.get_payload() != after.get_payload():
            yield f"{path}: {before.get_content_type()} is not the same"
        return
    (old, unreadable_before), (new, unreadable_after) = decoded(before), decoded(after)
    if unreadable_after > unreadable_before:
        yield f"{path}: {unreadable_after} characters cannot be read, were {unreadable_before}"
    if old.strip() and not new.strip():
        yield f"{path}: the text is gone"
    if set(defects(after)) - set(defects(before)):
        yield f"{path}: {defects(after)} instead of {defects(before)}"


def read(name):
    with open(name, "rb") as file:
        return email.message_from_binary_file(file, policy=email.policy.compat32)


def main():
    for line in sys.stdin:
        before, after = line.rstrip("\n").split("\t")
        for wrong in compare(read(before), read(after)):
            print(f"{before}: {wrong}")


main()
