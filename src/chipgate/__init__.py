"""Chipgate: the market for AI accelerators between the United States and China under export policy.

Importing this package reads no file and loads no heavy library; the verbs are loaded when first used.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from chipgate.api import Given as Given
    from chipgate.api import classify as classify
    from chipgate.api import classify_all as classify_all
    from chipgate.api import headroom as headroom
    from chipgate.api import history as history
    from chipgate.api import run as run
    from chipgate.api import workload as throughput  # noqa: F401
    from chipgate.catalogue import Catalogue as Catalogue
    from chipgate.catalogue import catalogue as load_catalogue  # noqa: F401
    from chipgate.errors import ChipgateError as ChipgateError

__version__: Final = version("chipgate")

_PUBLIC: Final = {
    "Catalogue": ("chipgate.catalogue", "Catalogue"),
    "ChipgateError": ("chipgate.errors", "ChipgateError"),
    "Given": ("chipgate.api", "Given"),
    "classify": ("chipgate.api", "classify"),
    "classify_all": ("chipgate.api", "classify_all"),
    "headroom": ("chipgate.api", "headroom"),
    "history": ("chipgate.api", "history"),
    "run": ("chipgate.api", "run"),
    # `chipgate.workload` is the package of the model.
    "throughput": ("chipgate.api", "workload"),
    "load_catalogue": ("chipgate.catalogue", "catalogue"),
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'chipgate' has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
