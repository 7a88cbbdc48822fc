"""Names of uncertain inputs in words, for readers who do not know the streams."""

import re
from datetime import date
from typing import Final

from chipgate.catalogue import Catalogue

_WORDS: Final = {
    "beijing:up": "how often Beijing tightens",
    "beijing:down": "how often Beijing relaxes",
    "beijing:react": "chance that Beijing answers an opening by tightening",
    "workload:factors": "what software makes of all chips alike",
    "washington:grant_wait": "wait for the first licence",
}
_BUYER: Final = {
    "training": "part of {}'s money that goes to training",
    "exposure": "how far {} must heed Beijing",
    "preference": "preference for domestic chips at {}",
}
_CLASS: Final = {"controlled": "chips under a licence requirement", "free": "chips under no licence requirement"}


def input_label(catalogue: Catalogue, name: str) -> str:
    """What an input is: the label of its prior, or its stream in words."""
    if name in catalogue.priors:
        return _plain(catalogue.priors[name].label)
    if name in _WORDS:
        return _WORDS[name]
    head, _, rest = name.partition(":")
    if head == "buyer":
        buyer, _, what = rest.partition(":")
        said = catalogue.buyers[buyer].name if buyer in catalogue.buyers else buyer
        return _BUYER.get(what, f"{what} of {{}}").format(said)
    if head == "washington":
        move, _, group = rest.partition(":")
        verb = {"close": "shuts", "reopen": "re-opens"}.get(move, move)
        return f"how often Washington {verb} {_CLASS.get(group, group)}"
    if head == "episode":
        return f"how far buyers get {family_words(rest)} past Beijing's pressure, against other chips"
    if head == "spec":
        chip, _, work = rest.partition(":")
        said = catalogue.chips[chip].name if chip in catalogue.chips else chip
        return f"speed of {said}" + (f" in {work}" if work else "")
    if head == "act":
        return f"whether {rest} was in force"
    return _plain(name.removeprefix("path:").replace(":", " "))


def family_words(family: str) -> str:
    """``H20`` for ``h20``."""
    return family.replace("_", " ") if family == "small_cards" else family.upper().replace("_", " ")


def _plain(text: str) -> str:
    """``December 2025`` for ``2025_12``, and no other underscores."""
    dated = re.sub(r"\b(20\d\d)_(0[1-9]|1[0-2])\b", lambda m: f"{date(int(m[1]), int(m[2]), 1):%B %Y}", text)
    return dated.replace("_", " ")
