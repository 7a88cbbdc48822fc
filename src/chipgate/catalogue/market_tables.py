"""Records of the market: offers, beliefs, policy, scenarios."""

from functools import cached_property

from chipgate.catalogue.read import read_list
from chipgate.catalogue.table import Store, Table
from chipgate.schema.beliefs import Bridge, FigureError, HazardRule, Together
from chipgate.schema.market import Arrival, Episode, Lever, Offer, Pressure, Prior, Scenario, SignalPrior


class MarketTables(Store):
    """Tables of the market's records, each loaded on first use."""

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
    def hazard_rules(self) -> Table[HazardRule]:
        """Rules by which the rates of policy moves follow from the event record; the first is used."""
        return self._rows("hazard_rule", "market/hazard_rules.yaml", read_list, HazardRule)

    @cached_property
    def signals(self) -> Table[SignalPrior]:
        """Chances that binding acts follow signals."""
        return self._rows("signal", "market/signals.yaml", read_list, SignalPrior)

    @cached_property
    def arrivals(self) -> Table[Arrival]:
        """When dies and memory reach Huawei."""
        return self._rows("arrival", "market/arrivals.yaml", read_list, Arrival)

    @cached_property
    def figure_errors(self) -> Table[FigureError]:
        """How published figures differ from what the model says."""
        return self._rows("figure_error", "market/figure_errors.yaml", read_list, FigureError)

    @cached_property
    def together(self) -> Table[Together]:
        """Inputs that turn out high or low together."""
        return self._rows("together", "market/together.yaml", read_list, Together)

    @cached_property
    def bridges(self) -> Table[Bridge]:
        """Ranges between the model's definitions and those of publishers."""
        return self._rows("bridge", "market/bridges.yaml", read_list, Bridge)

    @cached_property
    def levers(self) -> Table[Lever]:
        """Settings that a scenario may change."""
        return self._rows("lever", "market/levers.yaml", read_list, Lever)

    @cached_property
    def scenarios(self) -> Table[Scenario]:
        """Named sets of lever settings."""
        return self._files("scenario", "scenarios", Scenario)
