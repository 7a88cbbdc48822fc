"""From records to arrays: coordinates, named random streams, draws of priors, and the gates' paths."""
