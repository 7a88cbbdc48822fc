"""Kept text of an HTML page, as stretches of the raw page.

Markup is blanked out in place (tags, scripts and comments become spaces, an entity its character and spaces), so that
the text has the length of the page and every offset stays true. trafilatura says which blocks are the article.
"""

import html
import re
from collections.abc import Iterator
from typing import Final

from chipgate.news.sentences import Block

_SKIPPED: Final = (
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "nav",
    "aside",
    "footer",
    "form",
    "button",
    "head",
    "iframe",
    "figure",
    "select",
)
_TEXT_ONLY: Final = ("script", "style")
_BREAKS: Final = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "tr",
        "td",
        "th",
        "table",
        "section",
        "article",
        "main",
        "header",
        "blockquote",
        "pre",
        "dl",
        "dt",
        "dd",
        "hr",
        "body",
        "html",
        "title",
    ]
)
_NAME: Final = re.compile(r"</?\s*([a-zA-Z][a-zA-Z0-9]*)")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_MARKUP: Final = re.compile(r"<(?:!doctype|html|head|body|p|div|article|meta|script|h1|span)\b", re.I)
_ALNUM: Final = re.compile(r"\W+")
_LEAST_KEPT: Final = 0.2
LEAST_TEXT: Final = 200


def looks_like_html(text: str) -> bool:
    """Whether a text is a page of HTML."""
    return len(_MARKUP.findall(text[:20_000])) >= 2


def masked(page: str) -> tuple[str, list[Block], list[str]]:
    """The page with its markup blanked out, its blocks of text, and the tag of each block."""
    out: list[str] = []
    blocks: list[Block] = []
    tags: list[str] = []
    skip: list[str] = []
    start, current = 0, ""
    for kind, first, stop in _pieces(page):
        if kind == "text":
            piece = page[first:stop]
            out.append(" " * len(piece) if skip else _ENTITY.sub(_entity, piece))
            continue
        out.append(" " * (stop - first))
        if kind != "tag":
            continue
        name = _NAME.match(page[first : first + 40])
        tag = name[1].lower() if name else ""
        closing = page[first : first + 2] == "</"
        if tag in _SKIPPED:
            if not closing and page[stop - 2 : stop] != "/>":
                skip.append(tag)
            elif closing and tag in skip:
                while skip and skip.pop() != tag:
                    pass
        if tag in _BREAKS or tag in _SKIPPED:
            if first > start:
                blocks.append(Block(start, first))
                tags.append(current)
            start, current = stop, "" if closing else tag
    if len(page) > start:
        blocks.append(Block(start, len(page)))
        tags.append(current)
    text = "".join(out)
    kept = [(b, t) for b, t in zip(blocks, tags, strict=True) if text[b.start : b.end].strip()]
    return text, [b for b, _ in kept], [t for _, t in kept]


def article_of(page: str) -> tuple[str, list[Block]]:
    """The masked page and those of its blocks that belong to the article."""
    text, blocks, tags = masked(page)
    body = _body(page)
    wanted = _ALNUM.sub("", body).casefold()
    found: list[Block] = []
    if len(wanted) >= LEAST_TEXT:
        for block, tag in zip(blocks, tags, strict=True):
            own = _ALNUM.sub("", text[block.start : block.end]).casefold()
            if len(own) >= 3 and own in wanted:
                found.append(Block(block.start, block.end, tag in ("h1", "h2", "h3", "h4", "h5", "h6", "title", "dt")))
    length = sum(b.end - b.start for b in found)
    if length < LEAST_TEXT * _LEAST_KEPT:
        found = [
            Block(b.start, b.end, t.startswith("h"))
            for b, t in zip(blocks, tags, strict=True)
            if len(text[b.start : b.end].split()) >= 8
        ]
    return text, found


def _body(page: str) -> str:
    import logging

    import trafilatura

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = trafilatura.extract(page, favor_precision=True, include_comments=False, include_tables=True)
    except Exception:  # a page so broken that the library falls over is read by its blocks alone
        found = None
    return found or ""


def _pieces(page: str) -> Iterator[tuple[str, int, int]]:
    """Texts, tags and comments of a page in order, each found once: linear in its length."""
    at, length = 0, len(page)
    while at < length:
        opened = page.find("<", at)
        if opened < 0:
            yield "text", at, length
            return
        if opened > at:
            yield "text", at, opened
        if page.startswith("<!--", opened):
            closed = page.find("-->", opened + 4)
            stop = length if closed < 0 else closed + 3
            yield "comment", opened, stop
        elif not (page[opened + 1 : opened + 2].isalpha() or page[opened + 1 : opened + 2] in "/!?"):
            yield "text", opened, opened + 1
            stop = opened + 1
        else:
            closed = page.find(">", opened)
            stop = length if closed < 0 else closed + 1
            yield "tag", opened, stop
            name = _NAME.match(page[opened : opened + 12])
            if name and name[1].lower() in _TEXT_ONLY and page[opened + 1] != "/":
                end = _end_of(page, name[1].lower(), stop)
                if end > stop:
                    yield "comment", stop, end
                    stop = end
        at = stop


def _end_of(page: str, tag: str, start: int) -> int:
    match = re.compile(f"</{tag}", re.I).search(page, start)
    return match.start() if match else len(page)


def _entity(match: re.Match[str]) -> str:
    """The character of an entity, filled up with spaces to its length."""
    character = html.unescape(match[0])
    return (character + " " * len(match[0]))[: len(match[0])] if len(character) <= len(match[0]) else match[0]
