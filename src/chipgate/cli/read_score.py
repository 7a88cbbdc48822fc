"""``read-score``: how well the news reader reads labelled articles."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chipgate.cli.common import JsonFlag, catalogue_of, console, escape, print_json, table
from chipgate.errors import BadInputError

if TYPE_CHECKING:
    from chipgate.catalogue import Catalogue
    from chipgate.scoring.reading.found import Reader

_ORDERS = ("dmy", "mdy")
_LEVELS = {
    "strict": "instrument", "lenient": "instrument or a listed alternative", "date": "lenient, with the date",
    "date_actor": "lenient, with date and actor",
}  # fmt: skip
"""What must be right at each level."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("read-score")(read_score)


def read_score(
    ctx: typer.Context,
    labels: Annotated[Path, typer.Argument(help="CSV with a row per event, in the columns of the labelled articles.")],
    texts: Annotated[Path, typer.Argument(help="Folder with the text of article N as NN.txt (two digits).")],
    date_order: Annotated[str | None, typer.Option(help="How 01/08/2025 is meant: dmy or mdy.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the resampling behind the intervals.")] = 0,
    json: JsonFlag = False,
) -> None:
    """Score the news reader on labelled articles: events, dates, actors, evidence, and what must never happen."""
    from chipgate.scoring.reading.labels import read_labels
    from chipgate.scoring.reading.score import score_reading
    from chipgate.scoring.reading.values import Sides

    if date_order is not None and date_order not in _ORDERS:
        raise BadInputError(f"--date-order {date_order!r} is not known; give {' or '.join(_ORDERS)}")
    sides = Sides(catalogue_of(ctx))
    articles = read_labels(labels, sides)
    document = score_reading(articles, texts, reader(date_order, catalogue_of(ctx)), sides, seed=seed)
    if json:
        print_json(document)
    else:
        _show(document)


def reader(date_order: str | None, data: "Catalogue") -> "Reader":
    """The package's news reader, with the lists of ``--data``, as the scorer calls it."""
    from chipgate.news.read import read_document

    def read(raw: bytes, published: date | None, name: str) -> Sequence[Mapping[str, Any]]:
        found = read_document(raw, published=published, date_order=date_order, name=name, data=data)
        events: Sequence[Mapping[str, Any]] = found.to_json()["events"]
        return events

    return read


def _show(document: dict[str, Any]) -> None:
    out = console()
    rows = []
    for level, words in _LEVELS.items():
        score = document[level]
        band = "–" if score["low"] is None else f"{score['low']:.2f} to {score['high']:.2f}"
        rows.append((level, words, *(_figure(score[name]) for name in ("precision", "recall", "f1")), band))
    out.print(table(["level", "what must be right", ("precision", "right"), ("recall", "right"), ("F1", "right"),
                     ("95 % of F1", "right")], rows))  # fmt: skip
    out.print(_said_of_articles(document["articles"]))
    dates, spans = document["date_error_days"], document["span_iou"]
    units = ", ".join(f"{unit} {_figure(found['hit_rate'])} of {found['n']}" for unit, found in dates["units"].items())
    out.print(f"Dates: median error {_plain(dates['median'])} days, {_figure(dates['share_within_2'])} of "
              f"{dates['n']} within 2 days; right unit: {units}.")  # fmt: skip
    shares = ", ".join(f"{name.replace('_', ' ')} {_figure(value)}" for name, value in document["accuracy"].items())
    out.print(f"Right among those found: authority {_figure(document['authority_accuracy'])}, {shares}.")
    other = f"; not scored, other text: {', '.join(map(str, spans['other_text']))}" if spans["other_text"] else ""
    out.print(f"Evidence: mean overlap {_figure(spans['mean'])} of {spans['n']}{other}.")
    guards = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in document["guards"].items())
    out.print(f"Must be zero: {guards}.")
    lines = [
        (str(row["article"]), row["event"], row["instrument"], escape(row["actor"]), ", ".join(row["missed"]))
        for row in document["rows"]
        if row["missed"] and not row["optional"]
    ]
    if lines:
        out.print(table([("article", "right"), ("event", "right"), "instrument", "actor", "missed"], lines))


def _said_of_articles(articles: dict[str, Any]) -> str:
    absent, refused = articles["without_text"], articles["refused"]
    text = (
        f"{articles['scored']} of {articles['labelled']} labelled articles scored, {articles['off_topic']} off topic."
    )
    if absent:
        text += f" No text of {', '.join(map(str, absent))}."
    for case in refused:
        text += f" Refused {case['article']}: {escape(case['reason'])}."
    return text


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"
