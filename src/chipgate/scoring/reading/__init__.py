"""How well the news reader reads: labelled articles against what it finds in them."""
