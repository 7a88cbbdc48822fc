"""JAX's own cache of compiled programs, for many small ones; the market's large one has a cache of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax


@contextmanager
def compile_cache() -> Iterator[None]:
    """Keep programs compiled inside in the user's cache folder, so that only the first run of a version compiles.

    Without a folder that can be written every run compiles; a cache that the caller has set up is left alone.
    """
    from jax.experimental.compilation_cache.compilation_cache import reset_cache
    from platformdirs import user_cache_path

    folder = user_cache_path("chipgate") / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        yield
        return
    names = {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": 0,
    }
    before = {name: getattr(jax.config, name) for name in names}
    if before["jax_compilation_cache_dir"] is not None:
        yield
        return
    # JAX looks once whether there is a folder, so it must look again.
    reset_cache()
    try:
        for name, value in names.items():
            jax.config.update(name, value)  # type: ignore[no-untyped-call]
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)  # type: ignore[no-untyped-call]
        reset_cache()
