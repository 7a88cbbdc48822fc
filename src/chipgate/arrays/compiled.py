"""JAX's own cache of compiled programs, for many small ones; the market's large one has a cache of its own."""

import jax


def use_compile_cache() -> None:
    """Keep compiled programs in the user's cache folder, so that only the first run of a version compiles.

    Without a folder that can be written, every run compiles.
    """
    from platformdirs import user_cache_path

    folder = user_cache_path("chipgate") / "compiled"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)  # type: ignore[no-untyped-call]
