"""One thing wrong with the data."""

from dataclasses import dataclass

from chipgate.catalogue.table import Place


@dataclass(frozen=True)
class Fault:
    """One thing wrong with the data: where, what, and how to mend it."""

    place: Place
    record: str
    message: str
    fix: str = ""

    def __str__(self) -> str:
        text = f"{self.place.path.name}:{self.place.line}: {self.record}: {self.message}"
        return f"{text}; {self.fix}" if self.fix else text
