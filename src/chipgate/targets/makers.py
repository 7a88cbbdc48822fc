"""Who makes what in the model: offers of a product, vendors of a group of makers."""

from typing import Final

from chipgate.schema.tables import Observation

PRODUCTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "nvidia_a100_80_sxm": ("A100", ("a100_legal",)), "nvidia_a800_sxm": ("A800", ("a800_legal",)),
    "nvidia_h800_sxm": ("H800", ("h800_legal",)), "a800_h800": ("A800 and H800", ("a800_legal", "h800_legal")),
    "nvidia_h20_96": ("H20", ("h20_legal",)), "nvidia_h20_141": ("H20", ("h20_legal",)),
    "nvidia_h200_sxm": ("H200", ("h200_legal",)), "nvidia_h100_sxm": ("H100", ("h100_legal",)),
    "nvidia_b30a": ("B30A", ("b30a_legal",)), "nvidia_b200": ("B200", ("b200_legal",)),
    "nvidia_rtx_pro_6000d": ("RTX Pro 6000D", ("rtx_pro_6000d_legal",)),
    "nvidia_l20": ("L20 and L2", ("small_cards_legal",)),
    "hopper_gpus": ("Hopper chips", ("h800_legal", "h20_legal", "h200_legal", "h100_legal")),
    "amd_mi308x": ("MI308", ("mi308x_legal",)),
    "huawei_ascend_910b3": ("Ascend 910B", ("ascend_910b",)), "huawei_ascend_910c": ("Ascend 910C", ("ascend_910c",)),
    "huawei_ascend_950pr": ("Ascend 950PR", ("ascend_950pr",)),
    "cambricon_mlu590": ("Cambricon 590", ("cambricon_590",)),
}  # fmt: skip
"""Chip or product group -> words and offers on the legal or domestic route."""

GREY: Final = {
    "nvidia_a100_80_sxm": "a100_grey", "nvidia_h100_sxm": "h100_grey", "nvidia_b200": "b200_grey",
}  # fmt: skip

MAKERS: Final = {
    "nvidia": "Nvidia", "amd": "AMD", "huawei": "Huawei", "cambricon": "Cambricon", "kunlunxin": "Kunlunxin",
    "t_head": "T-Head", "metax": "MetaX", "hygon": "Hygon", "moore_threads": "Moore Threads",
    "domestic_makers": "domestic makers", "imported_makers": "imported makers", "all_makers": "all makers",
}  # fmt: skip
"""Makers and groups of makers that the model has."""

FOREIGN: Final = ("nvidia", "amd")
OFFERS_OF: Final = {
    "huawei": ("ascend_910b", "ascend_910c", "ascend_950pr"), "cambricon": ("cambricon_370", "cambricon_590"),
    "kunlunxin": ("kunlun_p800",), "t_head": ("zhenwu_810e",), "metax": ("metax_c500",), "hygon": ("hygon_dcu",),
    "moore_threads": ("mthreads_s5000",), "amd": ("mi308x_legal",),
    "nvidia": ("a100_legal", "a800_legal", "h800_legal", "small_cards_legal", "h20_legal", "rtx_pro_6000d_legal",
               "h100_legal", "h200_legal", "b30a_legal", "b200_legal"),
}  # fmt: skip
"""Offers of each maker on the legal or domestic route."""

WHOLE: Final[dict[str, frozenset[str]]] = {
    "nvidia": frozenset({"ai_chips", "ai_accelerators", "ai_gpus", "ai_server_chips"}),
    "amd": frozenset({"ai_chips", "ai_accelerators", "ai_gpus", "accelerator_cards", "amd_mi308x"}),
    "huawei": frozenset({"ascend_all", "ascend_910b_910c", "ai_chips", "ai_accelerators", "ai_gpus",
                         "accelerator_cards"}),
    "cambricon": frozenset({"all_products", "ai_chips", "ai_accelerators", "ai_gpus", "accelerator_cards"}),
    "kunlunxin": frozenset({"all_products", "kunlun_all", "ai_chips", "ai_accelerators", "accelerator_cards",
                            "kunlun_p800"}),
    "t_head": frozenset({"t_head_ppu", "ai_chips", "ai_accelerators", "accelerator_cards", "all_products"}),
    "metax": frozenset({"all_products", "ai_chips", "ai_accelerators", "ai_gpus", "accelerator_cards"}),
    "moore_threads": frozenset({"all_products", "ai_chips", "ai_accelerators", "ai_gpus", "accelerator_cards"}),
    "hygon": frozenset({"ai_chips", "ai_accelerators", "accelerator_cards"}),
    "domestic_makers": frozenset({"ai_chips", "ai_accelerators", "ai_gpus", "ai_server_chips", "domestic_gpus",
                                  "accelerator_cards"}),
    "imported_makers": frozenset({"ai_chips", "ai_accelerators", "ai_server_chips", "accelerator_cards"}),
    "all_makers": frozenset({"ai_chips", "ai_accelerators", "ai_gpus", "ai_server_chips", "accelerator_cards"}),
}  # fmt: skip
"""Product groups of each maker for which all that the model has of the maker stands."""

SMALLER: Final = {
    "moore_threads": "the maker also sells cards for graphics", "metax": "the model has the maker's training card",
    "kunlunxin": "the model has one card of the maker", "t_head": "the model has one card of the maker",
}  # fmt: skip


def vendors(maker: str, known: list[str]) -> list[str]:
    """Pricing vendors of a run that belong to a maker or a group of makers."""
    if maker == "domestic_makers":
        return [v for v in known if v not in FOREIGN]
    if maker == "imported_makers":
        return [v for v in known if v in FOREIGN]
    return known if maker == "all_makers" else [v for v in known if v == maker]


def offers(maker: str, known: list[str]) -> list[str]:
    """Offers of a run, smuggled ones apart, that belong to a maker or a group of makers."""
    makers = vendors(maker, list(OFFERS_OF))
    wanted = {offer for name in makers for offer in OFFERS_OF[name]}
    return [offer for offer in known if offer in wanted]


def kept(names: tuple[str, ...], known: list[str]) -> list[str]:
    """Those of ``names`` that a run has."""
    return [name for name in names if name in known]


def words_of_chips(chips: tuple[str, ...]) -> tuple[str, tuple[str, ...]] | None:
    """Words and offers of a single product; ``None`` where the model has no offer of it."""
    found = [PRODUCTS.get(chip) for chip in chips]
    if not found or any(part is None for part in found):
        return None
    parts = [part for part in found if part is not None]
    return " and ".join(dict.fromkeys(p[0] for p in parts)), tuple(dict.fromkeys(o for p in parts for o in p[1]))


def whole(seen: Observation) -> bool:
    """Whether the figure is of all that the model has of its maker."""
    return bool(seen.chips) and set(seen.chips) <= WHOLE.get(seen.maker, frozenset())


def slug(words: str) -> str:
    """Words as part of the id of a target."""
    return words.lower().replace(" and ", "_").replace(" ", "_").replace("-", "_")
