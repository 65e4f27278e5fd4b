"""The URLs in loading attributes and links, as html5lib and lxml see them.

Reads {"html": text} from each line, and answers with an object:

html5lib, lxml: the URLs that lead to a host, each [where, URL], or null if the
    reader gave up;
spelled: the URLs of lxml with character references undone once more;
foreign: those of elements of SVG and MathML that load nothing, by html5lib;
texts: the texts of elements that hold no others, by html5lib;
bogus: the comments that do not begin with <!--, by html5lib.
"""

import html
import io
import json
import re
import sys

import html5lib
from html5lib._tokenizer import HTMLTokenizer
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
# Elements whose content is text to browsers, and stays text.
TEXTS = ["plaintext", "script", "style", "textarea", "title", "xmp"]
# Those whose content is text to browsers with scripts off, and a page to others.
PAGES = ["iframe", "noembed", "noframes"]
LISTS = {"img": ["srcset"], "source": ["srcset"], "link": ["imagesrcset"]}

FRAMESET = re.compile("<(?=frameset)", re.IGNORECASE)


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


def urls(root, is_idle=False):
    """The URLs of the elements that load or, if is_idle, of those that look
    as if they did."""
    out = []
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        tag = element.tag.rsplit("}")[-1].lower()
        attributes = {}
        for name, value in element.attrib.items():
            attributes.setdefault(name.rsplit("}")[-1].rsplit(":")[-1].lower(), value)
        is_foreign = element.tag.startswith("{")
        loads = not is_foreign or tag in FOREIGN
        names = ANYWHERE + LOADING.get(tag, [])
        if element.tag == "image":
            # In HTML another word for img; html5lib has renamed it there.
            names = names + ["src"]
        if tag == "input" and attributes.get("type", "").lower() == "image":
            names = names + ["src"]
        if is_idle:
            names = [n for n in ["src"] + names if not (loads and n in names)]
            loads = not is_foreign
        if loads == is_idle:
            continue
        found = [(n, attributes[n]) for n in names if n in attributes]
        for n in LISTS.get(tag, []):
            found += [(n, url) for url in candidates(attributes.get(n, ""))]
        out += [[tag + " " + n, url] for n, url in found if is_remote(url)]
    return out


BOGUS = []
read_bogus = HTMLTokenizer.bogusCommentState


def keep_bogus(tokenizer):
    go_on = read_bogus(tokenizer)
    BOGUS.append(tokenizer.tokenQueue[-1]["data"])
    return go_on


HTMLTokenizer.bogusCommentState = keep_bogus


def parse(text):
    return html5lib.parse(text, namespaceHTMLElements=False, scripting=False)


def readings(text):
    """The trees of a document and of the pages that it holds as text."""
    root = parse(text)
    yield root
    if root.find(".//frameset") is not None:
        # Nothing else is in the tree then. Mail programs drop the tag.
        yield from readings(FRAMESET.sub("<x-", text))
    for element in root.iter():
        if element.tag in PAGES and element.text:
            yield from readings(element.text)


def by_html5lib(text):
    BOGUS.clear()
    roots = list(readings(text))
    texts = [e.text or "" for root in roots for e in root.iter() if e.tag in TEXTS]
    return {
        "html5lib": urls(roots[0]),
        "foreign": [url for root in roots for url in urls(root, is_idle=True)],
        "texts": texts + [html.unescape(text) for text in texts],
        "bogus": BOGUS + [html.unescape(text) for text in BOGUS],
    }


def by_lxml(text):
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    data = text.encode("utf-8", "surrogatepass")
    root = etree.parse(io.BytesIO(data), parser).getroot()
    found = [] if root is None else urls(root)
    return {"lxml": found, "spelled": [html.unescape(url) for _, url in found]}


for line in sys.stdin:
    text = json.loads(line)["html"]
    answer = {}
    for read in (by_html5lib, by_lxml):
        try:
            answer.update(read(text))
        except (etree.XMLSyntaxError, AssertionError, RecursionError):
            # They gave up: nothing to compare.
            pass
    print(json.dumps(answer))
