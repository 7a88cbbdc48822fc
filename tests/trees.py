"""Random trees of the clause grammar, and their text."""

from hypothesis import strategies as st

from chipgate.rules.grammar import And, Compare, Flag, InGroups, Node, Not, Number, Or, Quantity, Sum, Term
from chipgate.rules.variables import DEST_GROUPS, VARIABLES

NUMBERS = [name for name, variable in VARIABLES.items() if variable.type == "number"]
FLAGS = [name for name, variable in VARIABLES.items() if variable.type == "flag"]
BANDWIDTHS = ("mem_bw_gbs", "io_bw_gbs")
OPERATORS = ("<", "<=", ">", ">=", "==")
FIGURES = st.integers(0, 40) | st.integers(0, 400).map(lambda n: n / 8)
"""Few and exact figures, so that equalities and edges happen."""

figures = FIGURES.map(lambda n: Number(float(n)))
quantities = st.sampled_from(NUMBERS).map(Quantity)
sums = st.builds(
    lambda first, second, more: Sum((Quantity(first), second, *more)),
    st.sampled_from(BANDWIDTHS),
    st.sampled_from(BANDWIDTHS).map(Quantity),
    st.lists(figures | st.sampled_from(BANDWIDTHS).map(Quantity), max_size=2),
)
comparisons = (
    st.builds(Compare, quantities | sums, st.sampled_from(OPERATORS), figures)
    | st.builds(Compare, figures, st.sampled_from(OPERATORS), quantities | sums)
    | st.builds(Compare, st.just(Quantity("mem_bw_gbs")), st.sampled_from(OPERATORS), st.just(Quantity("io_bw_gbs")))
)
groups = st.lists(st.sampled_from(DEST_GROUPS), min_size=1, max_size=4).map(lambda names: InGroups(tuple(names)))
leaves: st.SearchStrategy[Node] = comparisons | st.sampled_from(FLAGS).map(Flag) | groups
nodes: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=8,
)
points = st.fixed_dictionaries({name: FIGURES.map(float) for name in NUMBERS} | {name: st.booleans() for name in FLAGS})
memberships = st.frozensets(st.sampled_from(DEST_GROUPS), max_size=3)


def render(node: Node) -> str:
    """Text of a tree, with parentheses around every part that could need them."""
    match node:
        case Compare(left, symbol, right):
            return f"{_term(left)} {symbol} {_term(right)}"
        case Flag(name):
            return name
        case InGroups((only,)):
            return f"dest_group == '{only}'"
        case InGroups(names):
            return f"dest_group in ({', '.join(map(repr, names))})"
        case Not(operand):
            return f"not ({render(operand)})"
        case And(operands):
            return " and ".join(f"({render(child)})" for child in operands)
        case Or(operands):
            return " or ".join(f"({render(child)})" for child in operands)


def _term(term: Term) -> str:
    match term:
        case Number(value):
            return f"{value:.3f}"
        case Quantity(name):
            return name
        case Sum(terms):
            return f"({' + '.join(_term(child) for child in terms)})"
