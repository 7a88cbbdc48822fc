"""The closed grammar of legal tests: what it accepts, what it refuses and where, and what it means."""

import operator
from typing import Any

import numpy as np
import pytest
from helpers import embedded
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import memberships, nodes, points, render

from chipgate.errors import ClauseSyntaxError
from chipgate.rules.evaluate import explain, holds, holds_arrays
from chipgate.rules.grammar import And, Compare, Flag, InGroups, Not, Number, Or, Quantity, Sum, parse, variables
from chipgate.rules.variables import DEST_GROUPS

A, B, C = (Compare(Quantity("tpp"), ">=", Number(n)) for n in (1.0, 2.0, 3.0))


@pytest.mark.parametrize("clause", [c for c in embedded().clauses.values() if c.test], ids=lambda clause: clause.id)
def test_every_shipped_clause_parses(clause: Any) -> None:
    tree = parse(clause.test)
    assert variables(tree)
    assert parse(render(tree)) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("tpp >= 1 or tpp >= 2 and tpp >= 3", Or((A, And((B, C))))),
        ("tpp >= 1 and tpp >= 2 or tpp >= 3", Or((And((A, B)), C))),
        ("(tpp >= 1 or tpp >= 2) and tpp >= 3", And((Or((A, B)), C))),
        ("not tpp >= 1 and tpp >= 2", And((Not(A), B))),
        ("not (tpp >= 1 and tpp >= 2)", Not(And((A, B)))),
        ("not not marketed_datacenter", Not(Not(Flag("marketed_datacenter")))),
        ("((tpp >= 1))", A),
        ("1 <= tpp", Compare(Number(1.0), "<=", Quantity("tpp"))),
        ("pd >= 5.92", Compare(Quantity("pd"), ">=", Number(5.92))),
        ("dest_group == 'CN'", InGroups(("CN",))),
        ('dest_group in ("CN", "MO")', InGroups(("CN", "MO"))),
        ("dest_group in ('CN',)", InGroups(("CN",))),
    ],
)
def test_precedence(text: str, tree: Any) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    ["(mem_bw_gbs + io_bw_gbs) >= 1700", "mem_bw_gbs + io_bw_gbs >= 1700", "((mem_bw_gbs + io_bw_gbs)) >= 1700"],
)
def test_parentheses_around_a_sum(text: str) -> None:
    total = Sum((Quantity("mem_bw_gbs"), Quantity("io_bw_gbs")))
    assert parse(text) == Compare(total, ">=", Number(1700.0))


def test_a_sum_in_a_conjunction_in_parentheses() -> None:
    tree = parse("((mem_bw_gbs + io_bw_gbs) >= 1700 or tpp >= 1) and (tpp >= 2)")
    total = Compare(Sum((Quantity("mem_bw_gbs"), Quantity("io_bw_gbs"))), ">=", Number(1700.0))
    assert tree == And((Or((total, A)), B))


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("tpp >= 4800 and speed > 3", 17, "unknown variable 'speed'"),
        ("tpp >= 4800 and dest_group == 'XX'", 31, "'XX'"),
        ("dest_group in ('CN','EU')", 21, "'EU'"),
        ("tpp >= 'CN'", 8, "expected a number"),
        ("dest_group == 4800", 15, "4800"),
        ("dest_group >= 'CN'", 12, "expected 'in (...)' or =="),
        ("tpp >= marketed_datacenter", 8, "marketed_datacenter"),
        ("marketed_datacenter >= 1", 21, "unexpected '>='"),
        ("tpp >= pd", 1, "units"),
        ("tpp + mem_bw_gbs >= 3", 1, "units"),
        ("1 >= 2", 1, "nothing to compare"),
        ("tpp >= 4800 4800", 13, "unexpected '4800'"),
        ("tpp >= 4800)", 12, "unexpected ')'"),
        ("(tpp >= 4800", 13, "expected ')'"),
        ("", 1, "the end"),
        ("   ", 4, "the end"),
        ("tpp >= ", 8, "the end"),
        ("tpp", 4, "the end"),
        ("tpp >= 4800 and", 16, "the end"),
        ("not", 4, "the end"),
        ("max(tpp, pd) >= 4800", 1, "unknown variable 'max'"),
        ("tpp(3) >= 4800", 4, "'('"),
        ("chip.tpp >= 4800", 5, "unexpected '.'"),
        ("tpp.real >= 4800", 4, "unexpected '.'"),
        ("__import__('os')", 1, "unknown variable '__import__'"),
        ("1600 <= tpp < 4800", 13, "unexpected '<'"),
        ("tpp >= -1", 8, "unexpected '-'"),
        ("tpp * 2 >= 1", 5, "unexpected '*'"),
        ("tpp != 4800", 5, "unexpected '!'"),
        ("tpp = 4800", 5, "unexpected '='"),
        ("tpp >= 1; tpp", 9, "unexpected ';'"),
        ("tpp >= 4800 if marketed_datacenter", 13, "unexpected 'if'"),
        ("dest_group in 'CN'", 15, "expected '('"),
        ("dest_group in ()", 16, "expected one of"),
        ("lambda: tpp", 7, "unexpected ':'"),
        ("tpp >= 'CN", 8, 'unexpected "\'"'),
    ],
)
def test_errors_name_the_column(text: str, column: int, words: str) -> None:
    with pytest.raises(ClauseSyntaxError) as caught:
        parse(text)
    assert caught.value.column + 1 == column
    assert f"at column {column} of {text!r}" in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@given(nodes, points, memberships)
@settings(max_examples=300, deadline=None)
def test_text_means_what_the_tree_means(node: Any, point: dict[str, Any], inside: frozenset[str]) -> None:
    again = parse(render(node))
    expected = meaning(node, point, inside)
    assert holds(node, point, inside) is expected
    assert holds(again, point, inside) is expected


@given(nodes, st.lists(points, min_size=1, max_size=4), st.lists(memberships, min_size=1, max_size=3))
@settings(max_examples=200, deadline=None)
def test_arrays_mean_what_scalars_mean(node: Any, many: list[dict[str, Any]], places: list[frozenset[str]]) -> None:
    arrays = {name: np.array([[point[name]] for point in many]) for name in many[0]}
    membership = {g: np.array([[g in inside for inside in places]]) for g in DEST_GROUPS}
    found = np.broadcast_to(holds_arrays(parse(render(node)), arrays, membership), (len(many), len(places)))
    expected = [[meaning(node, point, inside) for inside in places] for point in many]
    assert found.tolist() == expected


@given(nodes, points, memberships)
@settings(max_examples=100, deadline=None)
def test_every_verdict_of_a_test_has_words(node: Any, point: dict[str, Any], inside: frozenset[str]) -> None:
    assert explain(node, point, inside)


@given(st.text(alphabet="tpd()<>=+ and or not 0123456789'.,_mem_bw_gbs", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_parses_or_is_refused_in_one_way(text: str) -> None:
    try:
        tree = parse(text)
    except ClauseSyntaxError as refused:
        column = refused.column
    else:
        column = 0
        assert variables(parse(render(tree))) == variables(tree)
    assert 0 <= column <= len(text)


def meaning(node: Any, point: dict[str, Any], inside: frozenset[str]) -> bool:
    """What a tree means, written a second time and as plainly as can be."""
    operators = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}

    def amount(term: Any) -> float:
        if isinstance(term, Sum):
            return sum(amount(part) for part in term.terms)
        return term.value if isinstance(term, Number) else point[term.name]

    if isinstance(node, Compare):
        return operators[node.operator](amount(node.left), amount(node.right))
    if isinstance(node, Flag):
        return point[node.name]
    if isinstance(node, InGroups):
        return any(name in inside for name in node.groups)
    if isinstance(node, Not):
        return not meaning(node.operand, point, inside)
    results = [meaning(child, point, inside) for child in node.operands]
    return all(results) if isinstance(node, And) else any(results)
