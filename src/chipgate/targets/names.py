"""Names of makers, products and buyers as sources print them, and what the record calls them."""

import re
from typing import Final

from chipgate.catalogue import Catalogue
from chipgate.catalogue.table import normalise
from chipgate.errors import UnknownNameError

_MAKERS: Final = {
    "allvendors": "all_makers", "all": "all_makers", "allmakers": "all_makers", "total": "all_makers",
    "chinadomestic(all)": "domestic_makers", "chinadomestic": "domestic_makers", "domestic": "domestic_makers",
    "domesticmakers": "domestic_makers", "chinesemakers": "domestic_makers", "domesticvendors": "domestic_makers",
    "nvidia+amd(imported)": "imported_makers", "nvidia+amd": "imported_makers", "imported": "imported_makers",
    "importedmakers": "imported_makers", "foreign": "imported_makers",
    "alibabathead": "t_head", "thead": "t_head", "baidukunlunxin": "kunlunxin", "kunlun": "kunlunxin",
    "kunlunxin": "kunlunxin", "smicandothers": "smic_and_others", "smic": "smic",
}  # fmt: skip

_GROUPS: Final = {
    "all": "all_products", "allproducts": "all_products", "total": "all_products",
    "datacentre": "data_centre", "datacentre(all)": "data_centre", "datacenter": "data_centre",
    "datacenter(all)": "data_centre",
    "aichips": "ai_chips", "aichip": "ai_chips", "aiaccelerators": "ai_accelerators", "aigpu": "ai_gpus",
    "aigpus": "ai_gpus", "aiserverchips": "ai_server_chips", "allcards": "accelerator_cards",
    "acceleratorcards": "accelerator_cards", "allaccelerators": "accelerator_cards", "cards": "accelerator_cards",
    "acceleratedservers": "accelerated_servers", "aisupercomputers": "ai_supercomputers",
    "hopper": "hopper_gpus", "hopperinclh20": "hopper_gpus", "a800h800": "a800_h800", "b200b300": "b200_b300",
    "controlledgpus": "controlled_gpus", "controlledgpus(smuggled)": "controlled_gpus",
    "b200andothers": "controlled_gpus", "smuggledgpus": "controlled_gpus", "domesticgpus": "domestic_gpus",
    "ascend": "ascend_all", "ascend(all)": "ascend_all", "ascend(allcards)": "ascend_all", "allascend": "ascend_all",
    "ascend910b+910c": "ascend_910b_910c", "ascend910band910c": "ascend_910b_910c",
    "ascend910b910c": "ascend_910b_910c", "ascenddies": "ascend_dies", "hbmstacks": "hbm_stacks",
    "7nmandbelowwafers": "wafers_7nm_and_below", "advancedwafers": "wafers_advanced", "cpu+dcu": "cpu_and_dcu",
    "ppu": "t_head_ppu", "ppuandothers": "t_head_ppu", "kunlun": "kunlun_all", "kunlunall": "kunlun_all",
    "mi308": "amd_mi308x", "mi308x": "amd_mi308x", "h200": "nvidia_h200_sxm", "h100": "nvidia_h100_sxm",
    "h20": "nvidia_h20_96", "a100": "nvidia_a100_80_sxm", "a800": "nvidia_a800_sxm", "h800": "nvidia_h800_sxm",
    "ascend910b": "huawei_ascend_910b3", "910b": "huawei_ascend_910b3", "ascend910c": "huawei_ascend_910c",
    "910c": "huawei_ascend_910c", "dgxb300": "nvidia_b300", "b40": "nvidia_rtx_pro_6000d",
}  # fmt: skip
_SYSTEM: Final = re.compile(
    r"^(?P<chip>.+?)\s+(?P<count>\d+)[- ](?:GPU|card|chip)s?\s+(?P<kind>server|module|node|board)"
)
_BUYERS: Final = {"usgovernment": "us_government", "ushyperscalers(sum)": "us_hyperscalers"}
_FIRMS: Final = ("bytedance", "alibaba", "tencent", "baidu", "microsoft", "google", "amazon", "meta", "oracle")


def maker_of(data: Catalogue, text: str) -> str:
    """Id of a maker or a group of makers; a name that nobody knows becomes an id of its own."""
    key = normalise(text)
    if key in _MAKERS:
        return _MAKERS[key]
    try:
        return data.makers.find(text).id if text else ""
    except UnknownNameError:
        return slug(text)


def chips_of(data: Catalogue, text: str, metric: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Ids of the products in a cell, and what the cell says of a system around them."""
    text = text.strip()
    if not text:
        return (("all_products",) if metric in ("revenue_usd", "gross_margin", "guidance_usd") else ()), {}
    basis: dict[str, str] = {}
    system = _SYSTEM.match(text)
    if system is not None:
        basis = {"system": "module" if system["kind"] in ("module", "board") else "server",
                 "chips_per_system": system["count"]}  # fmt: skip
        basis |= {"tenure": "rental"} if "rent" in text.casefold() else {}
        text = system["chip"]
    elif text.casefold().startswith("dgx "):
        basis = {"system": "server", "chips_per_system": "8"}
    elif "(in servers)" in text:
        basis, text = {"price_includes": "server"}, text.replace("(in servers)", "").strip()
    known = _GROUPS.get(normalise(text))
    if known is not None:
        return (known,), basis
    for name in (text, *(part.strip() for part in text.split(" / "))):
        for table in (data.chips, data.product_groups):
            try:
                return (table.find(name).id,), basis
            except UnknownNameError:
                continue
    return (slug(text),), basis


def buyers_of(text: str) -> tuple[str, ...]:
    """Buyers in a cell; a cell that goes on with "and others" names more than it says."""
    found: list[str] = []
    for part in re.split(r"[;,+]| and (?!others)", text):
        name = normalise(part)
        if not name:
            continue
        own = _BUYERS.get(name) or next((firm for firm in _FIRMS if name.startswith(firm)), None)
        found.append(own or slug(part))
    return tuple(dict.fromkeys(found))


def slug(text: str) -> str:
    """A name as an id."""
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_") or "unnamed"
