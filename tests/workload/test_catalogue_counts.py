"""Counted parameters of every catalogued model against the printed figures."""

import pytest

from chipgate.catalogue import catalogue
from chipgate.schema.tables import LanguageModel
from chipgate.workload.shape import active, parameters, shape_of

MODELS = list(catalogue().models.values())

# Printed totals that the shape does not give, with the counted figure in 10^9 and why.
OTHER_TOTAL = {
    # The name is a class of size: 30 layers of 4,096 with a vocabulary of 131,072 make 6.54 without both tables,
    # 7.08 with one and 7.62 with two, and the configuration in MindFormers has two.
    "telechat2_7b": 7.617,
}
# The printed 321 has a vision encoder of 5; the model card prints 316 for the language model (stepfun-ai/Step3).
LANGUAGE_PART = {"step_3": 316.0}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
def test_total(model: LanguageModel) -> None:
    printed = OTHER_TOTAL.get(model.id) or LANGUAGE_PART.get(model.id) or model.params_b
    assert printed, "a model without a printed size needs another check"
    near = 0.05 if printed == model.params_b else 0.005
    assert float(parameters(shape_of(model))) / 1e9 == pytest.approx(printed, rel=near)
    # An exception that is none any more should go.
    assert model.id not in OTHER_TOTAL or printed != pytest.approx(model.params_b, rel=0.05)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.id)
def test_active(model: LanguageModel) -> None:
    """A dense model prints one figure, its total, input table and all; a mixture's card may leave the table out."""
    shape = shape_of(model)
    counted = float(active(shape)) / 1e9
    if model.experts:
        assert counted == pytest.approx(model.active_params_b, rel=0.10)
    else:
        printed = OTHER_TOTAL.get(model.id, model.active_params_b)
        assert counted + shape.embedding / 1e9 == pytest.approx(printed, rel=0.05)
