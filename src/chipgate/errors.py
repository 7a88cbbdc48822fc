"""Every error that Chipgate raises on purpose.

ChipgateError                 base; its text is one line: what was found, where, and how to mend it
├── BadInputError             the caller's input is wrong (exit 2 at the command line)
│   ├── DataError             a data file breaks a rule of its schema; knows file and line
│   ├── UnknownNameError      no record has this name; knows the nearest ones
│   ├── UnitError             a unit is unknown or measures something else
│   ├── DateError             a date cannot be read or lies outside the covered time
│   ├── ClauseSyntaxError     the text of a legal test does not follow the grammar
│   └── SpecError             the figures given for a chip are missing, sparse or contradict each other
└── InternalError             a fault of ours (exit 1)
"""

from collections.abc import Iterable
from pathlib import Path


class ChipgateError(Exception):
    """Base of all errors that Chipgate raises on purpose; ``str(error)`` is one line."""


class BadInputError(ChipgateError):
    """The caller's input is wrong; the command line exits with 2."""


class DataError(BadInputError):
    """A data file breaks a rule of its schema.

    Args:
        message: What was found and what was expected.
        path: The file.
        line: Line in the file, counted from 1, where known.
        fix: What to do about it.
    """

    def __init__(self, message: str, *, path: Path | str, line: int | None = None, fix: str = "") -> None:
        where = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(_one_line(f"{where}: {message}", fix))
        self.path = Path(path)
        self.line = line


class UnknownNameError(BadInputError):
    """No record of this kind has this id, name or alias."""

    def __init__(self, kind: str, name: str, near: Iterable[str], fix: str = "") -> None:
        self.near = tuple(near)
        hint = f"did you mean {' or '.join(repr(n) for n in self.near)}?" if self.near else ""
        super().__init__(_one_line(f"unknown {kind} {name!r}", " ".join(t for t in (hint, fix) if t)))


class UnitError(BadInputError):
    """A unit is unknown, or measures something else than what is asked for."""


class DateError(BadInputError):
    """A date cannot be read or lies outside the time that the data cover."""


class ClauseSyntaxError(BadInputError):
    """The text of a legal test does not follow the grammar of :mod:`chipgate.rules.grammar`."""

    def __init__(self, message: str, *, text: str, column: int) -> None:
        super().__init__(f"{message} at column {column + 1} of {text!r}")
        self.column = column


class SpecError(BadInputError):
    """The figures given for a chip are missing, sparse, or contradict each other."""


class InternalError(ChipgateError):
    """A state that Chipgate itself should have made impossible; the command line exits with 1."""


def _one_line(message: str, fix: str) -> str:
    text = f"{message}; {fix}" if fix else message
    return " ".join(text.split())
