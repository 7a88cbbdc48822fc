"""The immutable catalogue: one table of records a kind, each loaded on first use."""

import difflib
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from chipgate.catalogue.read import read_list, read_mapping, read_record, read_table
from chipgate.errors import DataError, UnknownNameError
from chipgate.schema.actors import Buyer, Firm, Maker
from chipgate.schema.base import Record
from chipgate.schema.chip import Chip
from chipgate.schema.clause import Ambiguity, Clause
from chipgate.schema.market import Arrival, ArticleAct, Episode, Lever, Offer, Pressure, Prior, Scenario, SignalPrior
from chipgate.schema.tables import (
    Country,
    Event,
    LanguageModel,
    MeasuredSystem,
    Measurement,
    Observation,
    Parameter,
    ProductGroup,
    RivalFigure,
)
from chipgate.schema.workload import CostAssumption, EfficiencyPrior, Network, Precision, ReferenceRate
from chipgate.timegrid import parse_day

R = TypeVar("R", bound=Record)

EMBEDDED: Final = Path(__file__).parent.parent / "data"
"""Folder of the data that ship with the package."""

_SEPARATORS = re.compile(r"[\s\-_/.]+")


def normalise(name: str) -> str:
    """Form in which names are compared: case, spaces, hyphens, underscores, dots and slashes do not count."""
    return _SEPARATORS.sub("", name.casefold())


@dataclass(frozen=True)
class Place:
    """Where a record stands."""

    path: Path
    line: int


class Table(Mapping[str, R], Generic[R]):
    """Records of one kind by id, in file order; found by id, name or alias."""

    def __init__(self, kind: str, records: list[tuple[R, Place]]) -> None:
        self.kind = kind
        self._records: dict[str, R] = {}
        self._places: dict[str, Place] = {}
        self._index: dict[str, str] = {}
        for record, place in records:
            self._add(record, place)

    def _add(self, record: R, place: Place) -> None:
        key: str = record.id  # type: ignore[attr-defined]
        if key in self._records:
            first = self._places[key]
            raise DataError(
                f"duplicate id {key!r}, first at {first.path.name}:{first.line}", path=place.path, line=place.line,
                fix="give the record an id of its own",
            )  # fmt: skip
        self._records[key] = record
        self._places[key] = place
        for name in record.names:
            taken = self._index.setdefault(normalise(name), key)
            if taken != key:
                raise DataError(
                    f"name {name!r} of {key!r} already belongs to {taken!r}", path=place.path, line=place.line,
                    fix="names and aliases are unique within a kind",
                )  # fmt: skip

    def __getitem__(self, key: str) -> R:
        return self._records[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def place(self, key: str) -> Place:
        """File and line of the record with this id."""
        return self._places[key]

    def find(self, name: str) -> R:
        """The record with this id, name or alias.

        Raises:
            UnknownNameError: There is none; the error names the nearest.
        """
        key = self._index.get(normalise(name))
        if key is not None:
            return self._records[key]
        raise UnknownNameError(self.kind, name, self._near(name), fix=_listing_hint(self.kind))

    def _near(self, name: str) -> list[str]:
        wanted = normalise(name)
        close = difflib.get_close_matches(wanted, self._index, n=12, cutoff=0.6)
        if len(wanted) >= 2:
            close += sorted((k for k in self._index if wanted in k), key=len)
        ids = dict.fromkeys(self._index[key] for key in close)
        return [str(getattr(self._records[i], "name", i)) for i in ids][:3]


def _listing_hint(kind: str) -> str:
    plural = {
        "country": "countries",
        "ambiguity": "ambiguities",
        "measured_system": "systems",
        "efficiency": "efficiencies",
    }
    return f"`chipgate show {plural.get(kind, kind.replace('_', '-') + 's')}` lists all"


class Catalogue:
    """All records of one or more data folders.

    Args:
        roots: Data folders of the same layout; later ones add records to earlier ones. A folder that extends
            the embedded data may hold any part of the layout.
    """

    def __init__(self, *roots: Path) -> None:
        self.roots = roots or (EMBEDDED,)
        for root in self.roots:
            if not root.is_dir():
                raise DataError("is no folder", path=root, fix="give a folder laid out like the embedded data")

    @cached_property
    def chips(self) -> Table[Chip]:
        """Accelerators."""
        return self._files("chip", "chips", Chip)

    @cached_property
    def clauses(self) -> Table[Clause]:
        """Rules of law."""
        return self._files("rule", "rules", Clause)

    @cached_property
    def makers(self) -> Table[Maker]:
        """Makers of accelerators."""
        return self._files("maker", "makers", Maker)

    @cached_property
    def buyers(self) -> Table[Buyer]:
        """Buyers and blocks of buyers."""
        return self._files("buyer", "buyers", Buyer)

    @cached_property
    def ambiguities(self) -> Table[Ambiguity]:
        """What the law leaves open."""
        return self._rows("ambiguity", "ambiguities.yaml", read_list, Ambiguity)

    @cached_property
    def firms(self) -> Table[Firm]:
        """Firms that law and events name."""
        return self._rows("firm", "firms.csv", read_table, Firm)

    @cached_property
    def countries(self) -> Table[Country]:
        """Destinations and their export-control groups."""
        return self._rows("country", "countries.csv", read_table, Country)

    @cached_property
    def events(self) -> Table[Event]:
        """Dated policy moves."""
        return self._rows("event", "events.csv", read_table, Event)

    @cached_property
    def parameters(self) -> Table[Parameter]:
        """Model inputs with ranges."""
        return self._rows("parameter", "parameters.csv", read_table, Parameter)

    @cached_property
    def observations(self) -> Table[Observation]:
        """Published figures of the market."""
        return self._rows("observation", "observations.csv", read_table, Observation)

    @cached_property
    def rivals(self) -> Table[RivalFigure]:
        """Figures of published scenario studies."""
        return self._rows("rival", "rivals.csv", read_table, RivalFigure)

    @cached_property
    def models(self) -> Table[LanguageModel]:
        """Shapes of language models."""
        return self._rows("model", "models.csv", read_table, LanguageModel)

    @cached_property
    def measurements(self) -> Table[Measurement]:
        """Published throughput measurements."""
        return self._rows("measurement", "measurements.csv", read_table, Measurement)

    @cached_property
    def measured_systems(self) -> Table[MeasuredSystem]:
        """Measured systems that are no single catalogued chip."""
        return self._rows("measured_system", "measured_systems.csv", read_table, MeasuredSystem)

    @cached_property
    def product_groups(self) -> Table[ProductGroup]:
        """Product groups that observations speak of."""
        return self._rows("product_group", "product_groups.csv", read_table, ProductGroup)

    @cached_property
    def offers(self) -> Table[Offer]:
        """Chips on routes: what buyers choose among."""
        return self._rows("offer", "market/offers.yaml", read_list, Offer)

    @cached_property
    def priors(self) -> Table[Prior]:
        """Uncertain inputs of the market model."""
        return self._rows("prior", "market/priors.yaml", read_list, Prior)

    @cached_property
    def episodes(self) -> Table[Episode]:
        """Episodes of Chinese pressure on foreign chips."""
        return self._rows("episode", "market/episodes.yaml", read_list, Episode)

    @cached_property
    def pressures(self) -> Table[Pressure]:
        """What acts of Beijing do to the level of its gate."""
        return self._rows("pressure", "market/pressures.yaml", read_list, Pressure)

    @cached_property
    def signals(self) -> Table[SignalPrior]:
        """Chances that binding acts follow signals."""
        return self._rows("signal", "market/signals.yaml", read_list, SignalPrior)

    @cached_property
    def arrivals(self) -> Table[Arrival]:
        """When dies and memory reach Huawei."""
        return self._rows("arrival", "market/arrivals.yaml", read_list, Arrival)

    @cached_property
    def levers(self) -> Table[Lever]:
        """Settings that a scenario may change."""
        return self._rows("lever", "market/levers.yaml", read_list, Lever)

    @cached_property
    def scenarios(self) -> Table[Scenario]:
        """Named sets of lever settings."""
        return self._files("scenario", "scenarios", Scenario)

    @cached_property
    def precisions(self) -> Table[Precision]:
        """Number formats in which models run."""
        return self._rows("precision", "workload/precisions.yaml", read_list, Precision)

    @cached_property
    def efficiencies(self) -> Table[EfficiencyPrior]:
        """What is believed of software efficiencies before measurements are seen."""
        return self._rows("efficiency", "workload/efficiencies.yaml", read_list, EfficiencyPrior)

    @cached_property
    def reference_rates(self) -> Table[ReferenceRate]:
        """Throughputs of chips on the reference models, from the fitted workload model."""
        return self._rows("reference_rate", "workload/reference.csv", read_table, ReferenceRate)

    @cached_property
    def networks(self) -> Table[Network]:
        """Scale-out networks of chips."""
        return self._rows("network", "workload/networks.yaml", read_list, Network)

    @cached_property
    def costs(self) -> Table[CostAssumption]:
        """What running a chip costs beside its price."""
        return self._rows("cost", "workload/costs.yaml", read_list, CostAssumption)

    @cached_property
    def compiled(self) -> date:
        """Day on which the record was closed; nothing later is in it."""
        return parse_day(str(read_mapping(self.roots[0] / "meta.yaml")["compiled"]))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over names and bytes of all data files, 16 hex digits."""
        digest = hashlib.sha256()
        for root in self.roots:
            for path in sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".csv", ".npz")):
                digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
                digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def with_acts(self, acts: Sequence[ArticleAct]) -> "Catalogue":
        """The same catalogue, with acts that the record does not hold.

        An act joins every episode on its chip families; one that fits none makes an episode of its own.

        Raises:
            DataError: An act has the id of another.
        """
        if not acts:
            return self
        found = Catalogue(*self.roots)
        here = Place(Path("acts"), 1)
        events = [(record, self.events.place(key)) for key, record in self.events.items()]
        found.__dict__["events"] = Table("event", [*events, *((act, here) for act in acts)])
        episodes = [(record, self.episodes.place(key)) for key, record in self.episodes.items()]
        for act in acts:
            wanted = set(act.families)
            fits = [i for i, (e, _) in enumerate(episodes) if e.goods == "ai_chips" and wanted & set(e.families)]
            for i in fits:
                episode, place = episodes[i]
                episodes[i] = (episode.model_copy(update={"events": (*episode.events, act.id)}), place)
            if wanted and not fits:
                body = {
                    "id": f"act_{act.id.lower()}",
                    "target": act.summary,
                    "goods": "ai_chips",
                    "families": act.families,
                    "events": (act.id,),
                }
                episodes.append((Episode.model_validate(body), here))
        found.__dict__["episodes"] = Table("episode", episodes)
        return found

    def table(self, kind: str) -> Table[Any]:
        """Table of a kind by its plural name.

        Raises:
            UnknownNameError: There is no such kind.
        """
        if kind not in KINDS:
            near = difflib.get_close_matches(kind, KINDS, n=2)
            raise UnknownNameError("kind", kind, near, fix=f"kinds: {', '.join(KINDS)}")
        table: Table[Any] = getattr(self, KINDS[kind])
        return table

    def _files(self, kind: str, folder: str, record: type[R]) -> Table[R]:
        found = []
        for root in self.roots:
            # Sorted, so that results never hang on the order of a directory.
            for path in sorted((root / folder).glob("*.yaml")):
                found.append((read_record(path, record), Place(path, 1)))
        if not found:
            raise DataError("holds no record", path=self.roots[0] / folder, fix=f"it needs one {kind} a file")
        return Table(kind, found)

    def _rows(
        self, kind: str, name: str, reader: Callable[[Path, type[R]], list[tuple[R, int]]], record: type[R]
    ) -> Table[R]:
        paths = [root / name for root in self.roots]
        extending = [path for path in paths[1:] if path.exists()]
        rows = [(r, Place(path, line)) for path in (paths[0], *extending) for r, line in reader(path, record)]
        return Table(kind, rows)


KINDS: Final[dict[str, str]] = {
    "chips": "chips",
    "rules": "clauses",
    "events": "events",
    "parameters": "parameters",
    "observations": "observations",
    "rivals": "rivals",
    "buyers": "buyers",
    "makers": "makers",
    "firms": "firms",
    "models": "models",
    "measurements": "measurements",
    "systems": "measured_systems",
    "product-groups": "product_groups",
    "countries": "countries",
    "ambiguities": "ambiguities",
    "precisions": "precisions",
    "networks": "networks",
    "reference-rates": "reference_rates",
    "efficiencies": "efficiencies",
    "costs": "costs",
    "offers": "offers",
    "priors": "priors",
    "episodes": "episodes",
    "pressures": "pressures",
    "signals": "signals",
    "arrivals": "arrivals",
    "levers": "levers",
    "scenarios": "scenarios",
}
"""Kinds of records: plural name -> attribute of :class:`Catalogue`."""


@cache
def catalogue(extra: Path | None = None) -> Catalogue:
    """The embedded catalogue, extended by the records of a folder where one is given."""
    return Catalogue(EMBEDDED) if extra is None else Catalogue(EMBEDDED, extra)
