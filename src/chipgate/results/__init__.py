"""From trajectories to labelled results: running blocks of draws, datasets, files, comparisons."""
