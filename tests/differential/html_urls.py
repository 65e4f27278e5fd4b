"""The URLs in loading attributes and links, as html5lib and lxml see them.

Reads {"html": text} from each line, and answers with {"html5lib": [...],
"lxml": [...]}: the URLs that lead to a host, each [where, URL].
"""

import io
import json
import re
import sys

import html5lib
from lxml import etree

SPACE = " \t\n\f\r"

# Attributes that load, by element, beside those that load in any.
LOADING = {
    "audio": ["src"],
    "bgsound": ["src"],
    "embed": ["src"],
    "frame": ["src"],
    "iframe": ["src"],
    "img": ["src", "lowsrc", "dynsrc"],
    "image": ["href"],
    "feimage": ["href"],
    "link": ["href"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src"],
    "track": ["src"],
    "use": ["href"],
    "video": ["src", "poster"],
    "a": ["href"],
    "area": ["href"],
}
# Of those the ones that load in SVG.
FOREIGN = ["a", "feimage", "image", "use"]
ANYWHERE = ["background"]
LISTS = {"img": ["srcset"], "source": ["srcset"], "link": ["imagesrcset"]}


def candidates(text):
    """The URLs of a srcset (HTML standard, section 4.8.4.2.2)."""
    at = 0
    while True:
        while at < len(text) and text[at] in SPACE + ",":
            at += 1
        if at >= len(text):
            return
        start = at
        while at < len(text) and text[at] not in SPACE:
            at += 1
        url = text[start:at]
        if url.endswith(","):
            yield url.rstrip(",")
            continue
        yield url
        depth = 0
        while at < len(text) and (depth or text[at] != ","):
            depth += (text[at] == "(") - (depth > 0 and text[at] == ")")
            at += 1


def is_remote(url):
    url = url.lstrip("".join(map(chr, range(33))))
    url = re.sub("[\t\n\r]", "", url).replace("\\", "/").lower()
    return url.startswith(("//", "http:", "https:"))


def urls(root):
    out = []
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rsplit("}")[-1].lower()
        attributes = {}
        for name, value in element.attrib.items():
            attributes.setdefault(name.rsplit("}")[-1].rsplit(":")[-1].lower(), value)
        is_foreign = element.tag.startswith("{")
        if is_foreign and tag not in FOREIGN:
            continue
        names = LOADING.get(tag, []) + ANYWHERE
        if element.tag == "image":
            # In HTML another word for img; html5lib has renamed it there.
            names = names + ["src"]
        if tag == "input" and attributes.get("type", "").lower() == "image":
            names = names + ["src"]
        found = [(n, attributes[n]) for n in names if n in attributes]
        for n in LISTS.get(tag, []):
            found += [(n, url) for url in candidates(attributes.get(n, ""))]
        out += [[tag + " " + n, url] for n, url in found if is_remote(url)]
    return out


def by_html5lib(text):
    return urls(html5lib.parse(text, namespaceHTMLElements=False, scripting=False))


def by_lxml(text):
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    data = text.encode("utf-8", "surrogatepass")
    root = etree.parse(io.BytesIO(data), parser).getroot()
    return [] if root is None else urls(root)


for line in sys.stdin:
    text = json.loads(line)["html"]
    answer = {}
    for name, read in (("html5lib", by_html5lib), ("lxml", by_lxml)):
        try:
            answer[name] = read(text)
        except (etree.XMLSyntaxError, AssertionError, RecursionError):
            # They gave up: nothing to compare.
            answer[name] = []
    print(json.dumps(answer))
