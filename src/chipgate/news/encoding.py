"""Text out of bytes: byte-order marks, UTF-8, Windows-1252, and what is no text."""

from typing import Final

from chipgate.errors import BadInputError

MOST_BYTES: Final = 20_000_000
"""A longer input is refused: no article is so long, and reading should end within seconds."""

_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe\x00\x00", "utf-32-le"), (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
)  # fmt: skip
_SAMPLE: Final = 65_536


def decode(raw: bytes | str, name: str) -> str:
    """Text of an input; offsets of all spans count characters of what this returns.

    Args:
        raw: Bytes, or text, which passes through.
        name: Named in errors.

    Raises:
        BadInputError: It is empty, too long, or no text.
    """
    if len(raw) > MOST_BYTES:
        raise too_long(len(raw), name)
    text = raw if isinstance(raw, str) else _text(raw, name)
    if not text.strip():
        raise BadInputError(f"{name}: is empty; give the text or the saved page of an article")
    return text


def too_long(size: int, name: str) -> BadInputError:
    """The refusal of an input of a size in bytes."""
    most = MOST_BYTES / 1e6
    return BadInputError(f"{name}: is {size / 1e6:.0f} MB; an article has at most {most:.0f} MB, give its text alone")


def _text(raw: bytes, name: str) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, errors="replace")
    guessed = _wide(raw)
    if guessed:
        return raw.decode(guessed, errors="replace")
    if _binary(raw[:_SAMPLE]):
        raise BadInputError(f"{name}: is a binary file; give plain text or HTML")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")  # every byte has a reading; undefined ones become a mark


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark: text in Latin letters has a zero in every other byte."""
    sample = raw[:_SAMPLE]
    if len(sample) < 4 or 0 not in sample:
        return ""
    even, odd = sample[0::2].count(0) / len(sample[0::2]), sample[1::2].count(0) / len(sample[1::2])
    if odd > 0.6 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 and odd < 0.05 else ""


def _binary(sample: bytes) -> bool:
    if sample.startswith((b"%PDF", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")) or 0 in sample:
        return True
    control = sum(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in sample)
    return control > 0.1 * max(len(sample), 1)
