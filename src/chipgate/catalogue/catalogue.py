"""The immutable catalogue: one table of records a kind, each loaded on first use."""

import difflib
import hashlib
from collections.abc import Sequence
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from chipgate.catalogue.market_tables import MarketTables
from chipgate.catalogue.read import read_list, read_mapping, read_table
from chipgate.catalogue.table import EMBEDDED, Place, Table
from chipgate.errors import UnknownNameError
from chipgate.schema.actors import Buyer, Firm, Maker
from chipgate.schema.chip import Chip
from chipgate.schema.clause import Ambiguity, Clause
from chipgate.schema.market import ArticleAct, Episode
from chipgate.schema.tables import (
    Country,
    Event,
    LanguageModel,
    MeasuredSystem,
    Measurement,
    Observation,
    Parameter,
    ProductGroup,
    PublishedForecast,
    RivalFigure,
)
from chipgate.schema.workload import CostAssumption, EfficiencyPrior, Network, Precision, ReferenceRate
from chipgate.timegrid import parse_day

_MOST_KEPT: Final = 8
"""Catalogues with acts of articles that are kept."""


class Catalogue(MarketTables):
    """All records of one or more data folders."""

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
    def published_forecasts(self) -> Table[PublishedForecast]:
        """Published answers to a question that the scoreboard asks."""
        return self._rows("published_forecast", "published_forecasts.csv", read_table, PublishedForecast)

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
        kept: dict[tuple[str, ...], Catalogue] = self.__dict__.setdefault("_with_acts", {})
        key = tuple(act.model_dump_json() for act in acts)
        if key not in kept:
            if len(kept) >= _MOST_KEPT:
                kept.pop(next(iter(kept)))
            kept[key] = self._joined(acts)
        return kept[key]

    def _joined(self, acts: Sequence[ArticleAct]) -> "Catalogue":
        found = Catalogue(*self.roots)
        found.__dict__.update({name: value for name, value in self.__dict__.items() if name != "_with_acts"})
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


KINDS: Final[dict[str, str]] = {
    "chips": "chips",
    "rules": "clauses",
    "events": "events",
    "parameters": "parameters",
    "observations": "observations",
    "rivals": "rivals",
    "published-forecasts": "published_forecasts",
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
    "hazard-rules": "hazard_rules",
    "signals": "signals",
    "arrivals": "arrivals",
    "together": "together",
    "figure-errors": "figure_errors",
    "bridges": "bridges",
    "levers": "levers",
    "scenarios": "scenarios",
}
"""Kinds of records: plural name -> attribute of :class:`Catalogue`."""


@cache
def catalogue(extra: Path | None = None) -> Catalogue:
    """The embedded catalogue, extended by the records of a folder where one is given."""
    return Catalogue(EMBEDDED) if extra is None else Catalogue(EMBEDDED, extra)
