"""Reading the records, looking them up, and checking them. The only layer that opens data files."""

from chipgate.catalogue.catalogue import Catalogue, catalogue
from chipgate.catalogue.table import Table

__all__ = ["Catalogue", "Table", "catalogue"]
