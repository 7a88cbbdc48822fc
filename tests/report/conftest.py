"""Small runs, made once."""

import pytest
import xarray as xr

import chipgate
from chipgate.catalogue.catalogue import Catalogue, catalogue
from chipgate.report.document import report_html


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
def page(data: xr.Dataset, no_fee: xr.Dataset, book: Catalogue) -> str:
    return report_html(data, book, companions={"no_fee": no_fee})
