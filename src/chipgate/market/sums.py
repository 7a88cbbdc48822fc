"""Sums over the small axes.

XLA's reductions over a short axis that is not the last one run element by element; the same sum written out as
additions runs over whole vectors of draws, which is several times faster on a CPU. Derivatives take the compact
form instead: transposed, a sum is one broadcast, but a sum of slices is as many paddings, which take long to compile.
"""

from collections.abc import Sequence
from functools import partial, reduce
from operator import add

import jax
import jax.numpy as jnp
from jax import Array, lax


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def over(values: Array, axis: int) -> Array:
    """Sum over one short axis."""
    return total([lax.index_in_dim(values, i, axis, keepdims=False) for i in range(values.shape[axis])])


@over.defjvp
def _over_jvp(axis: int, primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return over(primals[0], axis), tangents[0].sum(axis)


@jax.custom_jvp
def over_offers(attract: Array, priced: Array) -> Array:
    """``sum_c A_bc P_wc``: ``[b c d]`` and ``[w c d]`` to ``[b w d]``."""
    return total([attract[:, None, c] * priced[None, :, c] for c in range(attract.shape[1])])


@over_offers.defjvp
def _over_offers_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    return over_offers(*primals), _product("bcd,wcd->bwd", primals, tangents)


@jax.custom_jvp
def over_buyers(attract: Array, weight: Array) -> Array:
    """``sum_b A_bc F_bw``: ``[b c d]`` and ``[b w d]`` to ``[w c d]``."""
    return total([attract[b][None] * weight[b][:, None] for b in range(attract.shape[0])])


@over_buyers.defjvp
def _over_buyers_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    return over_buyers(*primals), _product("bcd,bwd->wcd", primals, tangents)


def _product(axes: str, values: tuple[Array, Array], tangents: tuple[Array, Array]) -> Array:
    """Derivative of a bilinear form."""
    return jnp.einsum(axes, tangents[0], values[1]) + jnp.einsum(axes, values[0], tangents[1])


def total(terms: Sequence[Array]) -> Array:
    """Sum of at least one array."""
    return reduce(add, terms)


def rows(values: Array, indices: Sequence[int], axis: int) -> Array:
    """Some entries of an axis; a plain slice where they follow each other."""
    first, count = indices[0], len(indices)
    if list(indices) == list(range(first, first + count)):
        return lax.slice_in_dim(values, first, first + count, axis=axis)
    return jnp.take(values, jnp.array(indices), axis=axis)


def arrange(parts: Sequence[Array], indices: Sequence[int]) -> Array:
    """Put the leading entries of ``parts``, one after the other, at ``indices`` of one array."""
    order = [0] * len(indices)
    for position, index in enumerate(indices):
        order[index] = position
    return rows(jnp.concatenate(parts), order, 0)
