"""From catalogue, scenario and as-of date to the inputs of the market: the only place where all of them meet."""
