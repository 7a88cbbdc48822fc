"""Small runs, made once."""

import pytest
import xarray as xr

import chipgate
from chipgate.catalogue.catalogue import Catalogue, catalogue
from chipgate.report.document import report_html
from chipgate.scoring.h20 import with_rule


@pytest.fixture(scope="session")
def book() -> Catalogue:
    return catalogue()


@pytest.fixture(scope="session")
def data() -> xr.Dataset:
    return chipgate.run(draws=16)


@pytest.fixture(scope="session")
def no_fee() -> xr.Dataset:
    return chipgate.run("h20-fee-0", draws=16)


@pytest.fixture(scope="session")
def other_rule(book: Catalogue) -> xr.Dataset:
    return chipgate.run(draws=16, data=with_rule(book, "no_reaction"), metrics=["revenue_by_chip"])


@pytest.fixture(scope="session")
def page(data: xr.Dataset, no_fee: xr.Dataset, other_rule: xr.Dataset, book: Catalogue) -> str:
    return report_html(data, book, companions={"no_fee": no_fee, "rule:no_reaction": other_rule})
