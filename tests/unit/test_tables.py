"""The runbook's tables against thresholds.yaml: every number of either side, and the checkout's own."""

from pathlib import Path

import pytest

from conformance import matrix, tables, thresholds
from conformance.tables import Line
from tests.unit.build import row

PAGE = """<a id="latency"></a><a id="MON-2.1"></a>
### MON-2.1 Fast

| reading | warning   | critical  | origin  |
| ------- | --------- | --------- | ------- |
| P95     | above 2 s | above 5 s | runbook |
| other   | see row   | yes       | ours    |

<a id="PERF-3.8"></a>
| class  | TTL at most      | origin  |
| ------ | ---------------- | ------- |
| `a`    | 300 s (5 minutes) | runbook |
| `b`    | 60 s             | runbook |

| setting | value | origin |
| ------- | ----- | ------ |
| `wait`  | 5m    | x      |
"""
TTL = {"runbook": "PERF-3.8", "subjects": {"a": {"critical": {"above": 300}}, "b": {"critical": {"above": 60}}}}


def lines(tmp_path: Path, text: str = PAGE) -> list[Line]:
    path = tmp_path / "page.md"
    path.write_text(text, encoding="utf-8")
    return list(tables.lines(path))


def test_same_numbers_on_both_sides(tmp_path: Path) -> None:
    found = lines(tmp_path)
    assert [(one.ids, one.about, list(one.numbers)) for one in found] == [
        (("MON-2.1",), "P95", ["warning", "critical"]), (("MON-2.1",), "other", []),
        (("PERF-3.8",), "a", [""]), (("PERF-3.8",), "b", [""]), (("PERF-3.8",), "wait", []),
    ]  # fmt: skip
    assert tables.differences(found, {"toy.value": row(), "toy.ttl": row(**TTL)}, {}) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("above 2 s", "above 3 s", "P95 (warning above 3 s, critical above 5 s): no row of thresholds.yaml says so"),
        ("above 2 s", "below 2 s", "no row of thresholds.yaml says so"),
        ("above 2 s", "none", "no row of thresholds.yaml says so"),
        ("above 2 s", "above 2 %", "no row of thresholds.yaml says so"),
        ("above 5 s", "above 5 hours", "no row of thresholds.yaml says so"),
        ("300 s", "200 s", "page.md PERF-3.8: a (200 s (5 minutes)): no row"),
        (
            "| P95     | above 2 s | above 5 s | runbook |\n",
            "",
            "toy.value of thresholds.yaml stands in no table of MON-2.1",
        ),
        ("MON-2.1", "MON-2.2", "toy.value of thresholds.yaml stands in no table of MON-2.1"),
    ],
)
def test_number_that_stands_on_one_side_only(tmp_path: Path, old: str, new: str, says: str) -> None:
    found = tables.differences(lines(tmp_path, PAGE.replace(old, new)), {"toy.value": row(), "toy.ttl": row(**TTL)}, {})
    assert any(says in one for one in found), found


def test_row_of_ours_need_not_stand_in_a_table(tmp_path: Path) -> None:
    rows = {"toy.value": row(), "toy.ttl": row(**TTL), "toy.ours": row(origin="ours", warning={"above": 9})}
    assert tables.differences(lines(tmp_path), rows, {}) == []


def test_row_of_another_id_counts_where_a_check_of_this_id_uses_it(tmp_path: Path) -> None:
    rows = {"toy.value": row(runbook="OPS-1.2"), "toy.ours": row(origin="ours", warning={"above": 9})}
    found = lines(tmp_path, PAGE[: PAGE.index('<a id="PERF')])
    assert tables.differences(found, rows, {"MON-2.1": ["toy.value"]}) == []
    assert len(tables.differences(found, rows, {})) == 2


@pytest.mark.parametrize(
    ("cell", "unit", "fits"),
    [("above 500 MB", "B", True), ("above 0.5 GB", "B", True), ("above 500000 kB", "B", True),
     ("above 500 MB", "s", False), ("above 500000000", "B", True), ("above 500", "B", False)],
)  # fmt: skip
def test_multiples_of_bytes(cell: str, unit: str, fits: bool) -> None:
    limit = row(unit=unit, warning={"above": 500_000_000}, critical={"above": 2_000_000_000})
    line = Line("p", ("OPS-1.10",), "size", (("warning", cell), ("critical", "see row")))
    assert fits is line.fits(limit, unit)


def test_numbers_of_this_checkout_agree() -> None:
    checkout = Path(__file__).parents[2]
    rows, _ = thresholds.load(checkout / "thresholds.yaml")
    found = matrix.build(checkout / "runbook", checkout / "suites")
    also = {one.id: [proof.row for proof in found.of(one.id) if proof.row] for one in found.sentences}
    stated = [line for page in sorted((checkout / "runbook").glob("*.md")) for line in tables.lines(page)]
    assert tables.differences(stated, rows, also) == []
    assert sum(bool(line.numbers) for line in stated) >= 34
