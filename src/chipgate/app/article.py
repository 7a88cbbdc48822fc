"""The article reader: article -> dated events -> a state to run."""

from typing import Any

from chipgate.app.state import from_scenario
from chipgate.catalogue.catalogue import Catalogue
from chipgate.news.read import read_document
from chipgate.setup.article import state_of_events
from chipgate.timegrid import parse_day


def read(data: Catalogue, given: dict[str, Any]) -> dict[str, Any]:
    """The events of an article.

    Args:
        given: ``text``, ``published``, ``date_order`` and ``name``; whether the text is HTML the reader sees itself.

    Raises:
        BadInputError: The text is empty, binary or too long.
    """
    published = parse_day(given["published"]) if given["published"] else None
    document = read_document(
        given["text"], published=published, date_order=given["date_order"], name="article", data=data
    )
    return document.to_json()


def scenario(data: Catalogue, given: dict[str, Any]) -> dict[str, Any]:
    """A state out of events as :func:`read` gave them, edited.

    Args:
        given: ``events`` and ``as_of``, the day of the article.

    Raises:
        BadInputError: An event is broken, or the day lies before the record.
    """
    body = state_of_events(data, given["events"], as_of=parse_day(given["as_of"]))
    record, state = from_scenario(data, body)
    notes = [record.story]
    if not (state.settings or state.acts or state.signals):
        notes.append("The record holds every act that is switched on: the scenario is the state of the world that day.")
    return {"state": state.model_dump(), "notes": notes}
