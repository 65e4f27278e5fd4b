#!/usr/bin/python3
"""A milter that takes tracking pixels out of mail, as an administrator would
write it by hand: python3-milter, the standard library's email, and lxml.

  lxml_milter.py unix:/path/to/socket
  lxml_milter.py inet:PORT@127.0.0.1

It collects the message, parses it, removes images of one pixel and hidden
ones from every text/html part, takes the wrapping off a few known redirects,
and replaces the body if anything changed. A yardstick for benches/load.
"""

import base64
import email
import email.policy
import os
import quopri
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, unquote, urlsplit

import Milter
from lxml import etree, html

POLICY = email.policy.compat32.clone(linesep="\r\n", max_line_length=0)


def is_pixel(image):
    """Whether nobody is meant to see the image."""
    if image.get("width", "").strip() in ("0", "1") and image.get("height", "").strip() in ("0", "1"):
        return True
    style = image.get("style", "").replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def destination(url):
    """Where a wrapped link leads, if the link itself says so."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.endswith(".awstrack.me") and parts.path.startswith("/L0/"):
        return unquote(parts.path[len("/L0/"):].split("/", 1)[0])
    if host.endswith(".safelinks.protection.outlook.com") or (host, parts.path) == ("www.google.com", "/url"):
        query = parse_qs(parts.query)
        return (query.get("url") or query.get("q") or [None])[0]
    return None


def clean(page):
    """The cleaned HTML, or None if there is nothing to clean."""
    try:
        tree = html.document_fromstring(page)
    except (etree.ParserError, ValueError):
        return None
    changed = False
    for image in list(tree.iter("img")):
        if is_pixel(image):
            image.drop_tree()
            changed = True
    for link in tree.iter("a"):
        try:
            target = destination(link.get("href", ""))
        except ValueError:
            continue
        if target and target.startswith(("http://", "https://")):
            link.set("href", target)
            changed = True
    if not changed:
        return None
    return html.tostring(tree, encoding="unicode", doctype=tree.getroottree().docinfo.doctype or None)


def clean_part(part):
    """Cleans a leaf in place, with the charset and transfer encoding that it
    has; says whether it changed."""
    charset = part.get_content_charset() or "us-ascii"
    try:
        page = part.get_payload(decode=True).decode(charset)
    except (LookupError, UnicodeDecodeError):
        return False
    page = clean(page)
    if page is None:
        return False
    data = "\r\n".join(page.splitlines()).encode(charset, "xmlcharrefreplace") + b"\r\n"
    encoding = part.get("Content-Transfer-Encoding", "7bit").strip().lower()
    if encoding == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        data = quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    part.set_payload(data.decode("ascii", "surrogateescape"))
    return True


def clean_message(content):
    """The new body of a message, or None if it stays as it is."""
    message = email.message_from_bytes(content, policy=POLICY)
    changed = [
        clean_part(part)
        for part in message.walk()
        if part.get_content_type() == "text/html" and not part.is_multipart()
    ]
    if not any(changed):
        return None
    return message.as_bytes(policy=POLICY).partition(b"\r\n\r\n")[2]


# lxml asks for the interpreter's lock in a way (PyGILState_Ensure) that does
# not work in the threads of libmilter: called there, it ends the process.
WORKERS = ThreadPoolExecutor(os.cpu_count())


class Filter(Milter.Base):
    """One connection of the MTA."""

    def __init__(self):
        self.pieces = []

    @Milter.noreply
    def envfrom(self, sender, *parameters):
        self.pieces = []
        return Milter.CONTINUE

    @Milter.noreply
    @Milter.decode("bytes")
    def header(self, name, value):
        name = name if isinstance(name, bytes) else name.encode("ascii", "surrogateescape")
        self.pieces.append(name + b": " + value.replace(b"\n", b"\r\n") + b"\r\n")
        return Milter.CONTINUE

    @Milter.noreply
    def eoh(self):
        self.pieces.append(b"\r\n")
        return Milter.CONTINUE

    @Milter.noreply
    def body(self, chunk):
        self.pieces.append(chunk)
        return Milter.CONTINUE

    def eom(self):
        content = b"".join(self.pieces)
        self.pieces = []
        body = WORKERS.submit(clean_message, content).result()
        if body is not None:
            self.replacebody(body)
        return Milter.ACCEPT

    def abort(self):
        self.pieces = []
        return Milter.CONTINUE


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Milter.factory = Filter
    Milter.set_flags(Milter.CHGBODY)
    Milter.runmilter("lxml-milter", sys.argv[1], timeout=600)


if __name__ == "__main__":
    main()
