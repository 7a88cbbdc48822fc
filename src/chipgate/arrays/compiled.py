"""Compiled programs kept between runs."""

import jax


def use_compile_cache() -> None:
    """Keep compiled programs in the user's cache folder, so that only the first run of a version compiles."""
    from platformdirs import user_cache_path

    folder = user_cache_path("chipgate") / "compiled"
    folder.mkdir(parents=True, exist_ok=True)
    jax.config.update("jax_compilation_cache_dir", str(folder))  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)  # type: ignore[no-untyped-call]
