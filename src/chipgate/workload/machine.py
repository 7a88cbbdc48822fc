"""What the workload model reads of a chip and of a number format, as arrays."""

from typing import Any, Final, NamedTuple

import numpy as np
from jax import Array

from chipgate.catalogue.catalogue import Catalogue
from chipgate.errors import SpecError
from chipgate.schema.chip import Chip
from chipgate.schema.workload import FORMAT_FIELDS, Format, Network, Precision

# Rate of a part that publishes none and whose treatment in the market shows TPP under 2,400, so under 150 at 16
# bits (RTX Pro 6000D): just below that line, as makers design to it. Assumption, ours.
_COMPLIANT_RATE16_TFLOPS: Final = 145.0
# Links of chips that publish none: PCIe 4.0 x16, both directions.
_LINK_UNKNOWN_GBS: Final = 64.0
DOMAIN_UNKNOWN: Final = 8
"""Chips that share a fast link where it is not published: one server."""
_TDP_W_PER_GBS: Final = 0.15
# A chip whose bandwidth is not published: bytes/s for each FLOP/s at 16 bits, the middle of catalogued chips of its
# time (4 to 27 bytes per thousand operations).
_BYTES_PER_FLOP: Final = 0.005
_WIDTH: Final[dict[Format, float]] = {"bf16": 16, "fp8": 8, "int8": 8, "fp4": 4}


class Machine(NamedTuple):
    """One chip at one precision, or many with one axis; operations/s, bytes, bytes/s.

    Attributes:
        rate16: Rate of 16-bit products, at which attention runs; ``dense``, ``expert``: of dense parts and experts.
        memory, bandwidth: Of the chip.
        link: Scale-up link, one direction; ``domain``: chips that share it. ``net``: scale-out, one direction.
        dense_width, expert_width: Bits of the format in which those products run on this chip.
        dense_bytes, expert_bytes, cache_bytes, sent_bytes: Of one number.
    """

    rate16: Array
    dense: Array
    expert: Array
    memory: Array
    bandwidth: Array
    link: Array
    net: Array
    domain: Array
    dense_width: Array
    expert_width: Array
    dense_bytes: Array
    expert_bytes: Array
    cache_bytes: Array
    sent_bytes: Array


def stack(machines: list[Machine]) -> Machine:
    """Many machines as arrays with one axis."""
    columns: Any = [np.array(column, float) for column in zip(*machines, strict=True)]
    return Machine(*columns)


def rates(chip: Chip) -> dict[Format, float]:
    """Dense rates of a chip by format, operations/s; 16 bits from half of 8 bits where only those are published.

    Raises:
        SpecError: The chip publishes no rate at all.
    """
    found = {name: _value(chip, field) for name, field in FORMAT_FIELDS.items()}
    known = {name: rate * 1e12 for name, rate in found.items() if rate}
    if "bf16" not in known:
        eight = max(known.get("fp8", 0.0), known.get("int8", 0.0)) or known.get("fp4", 0.0) / 2
        if not eight:
            if not any(not shown.meets for shown in chip.revealed):
                raise SpecError(
                    f"{chip.id} has no published rate, so its throughput cannot be told; give a chip that has one"
                )
            eight = 2 * _COMPLIANT_RATE16_TFLOPS * 1e12
        known["bf16"] = eight / 2
    # A format slower than 16 bits (INT8 of Blackwell Ultra) is there for old software alone; nobody would run on it.
    return {name: rate for name, rate in known.items() if name == "bf16" or rate > known["bf16"]}


def native(chip: Chip, precision: Precision) -> bool:
    """Whether the chip has the wished format of experts (of all products, in dense models)."""
    return precision.expert[0] in rates(chip)


def machine_of(data: Catalogue, chip: Chip, precision: Precision, *, moe: bool) -> Machine:
    """The arrays of one chip at one precision.

    Args:
        moe: Whether the model has experts; in a dense model all matrices count as experts do, attention too.

    Raises:
        SpecError: Rate or memory of the chip is not published.
    """
    have = rates(chip)
    expert = next(name for name in precision.expert if name in have)
    dense = next(name for name in (precision.dense if moe else precision.expert) if name in have)
    memory = _value(chip, "mem_gb")
    if not memory:
        raise SpecError(f"{chip.id} has no published memory, so what fits cannot be told; give a chip that has one")
    # Of a chip without a published link the faster of its bus and its network is the one that jobs run over.
    net = network(data, chip)
    bus = (_value(chip, "host_bw_gbs") or _LINK_UNKNOWN_GBS) / 2 * 1e9
    published = _value(chip, "scaleup_bw_gbs")
    link = published / 2 * 1e9 if published else max(bus, net)
    # Numbers stand in for arrays: they broadcast as such.
    given: dict[str, Any] = {
        "rate16": have["bf16"], "dense": have[dense], "expert": have[expert], "memory": memory * 1e9,
        "bandwidth": bandwidth(chip), "link": link, "net": min(net, link),
        "domain": float(_value(chip, "max_scaleup_domain") or DOMAIN_UNKNOWN),
        "dense_width": _WIDTH[dense], "expert_width": _WIDTH[expert],
        "dense_bytes": (precision.dense_bits if moe else precision.expert_bits) / 8,
        "expert_bytes": precision.expert_bits / 8, "cache_bytes": precision.cache_bits / 8,
        "sent_bytes": precision.sent_bits / 8,
    }  # fmt: skip
    return Machine(**given)


def bandwidth(chip: Chip) -> float:
    """Memory bandwidth, bytes/s; where none is published, that of a chip of the same rate."""
    published = _value(chip, "mem_bw_gbs")
    return published * 1e9 if published else rates(chip)["bf16"] * _BYTES_PER_FLOP


def network_of(data: Catalogue, chip: Chip) -> Network:
    """Record of a chip's scale-out network: its own, or the one that holds for all others."""
    found = {chip_id: n for n in data.networks.values() for chip_id in n.chips or ("",)}
    return found.get(chip.id, found[""])


def network(data: Catalogue, chip: Chip) -> float:
    """Scale-out rate of a chip, bytes/s, one direction."""
    return network_of(data, chip).gbit_s / 8 * 1e9


def watts(chip: Chip) -> tuple[float, bool]:
    """Design power of a chip, W, and whether it is published; else told from its bandwidth."""
    published = _value(chip, "tdp_w")
    if published:
        return published, True
    return (_value(chip, "mem_bw_gbs") or rates(chip)["bf16"] * _BYTES_PER_FLOP / 1e9) * _TDP_W_PER_GBS, False


def _value(chip: Chip, field: str) -> float | None:
    number = chip.specs.get(field)
    if number is None:
        return None
    return number.value if number.value is not None else (number.bounds[0] + number.bounds[1]) / 2
