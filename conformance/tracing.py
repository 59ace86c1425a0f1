"""The traceability matrix as the page shows it: each sentence, what proves it where, and what this run found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance import check as checks
from conformance import page


def rows(entries: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row for each sentence: `entries` as the run recorded them, `found` the rows of the run's checks."""
    return [_row(entry, [one for one in found if entry["id"] in one["check"]["runbook"]]) for entry in entries]


def _row(entry: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    # What is filed under a sentence and looked at in other suites only serves it, and does not prove it.
    proofs = {one["name"] for one in entry["checks"] if set(one["suites"]) & set(entry["suites"])}
    count = Counter(one["kind"] for one in found if one["check"]["id"].partition("[")[0] in proofs)
    kinds = [kind for kind in page.KINDS if count[kind]]
    return {
        "id": entry["id"], "page": f"../../{checks.page(entry['id'])}", "sentence": entry["sentence"],
        "suites": [_suite(entry, suite) for suite in entry["suites"]],
        "kind": kinds[0] if kinds else "", "word": page.KINDS[kinds[0]] if kinds else "",
        "tally": ", ".join(f"{count[kind]} {page.KINDS[kind]}" for kind in kinds),
    }  # fmt: skip


def _suite(entry: Mapping[str, Any], suite: str) -> dict[str, Any]:
    """The checks of a sentence in one suite; without one the reason, or that there is none."""
    there = [one for one in entry["checks"] if suite in one["suites"]]
    names = [f"{one['name']} (manual)" if one["manual"] else one["name"] for one in there]
    reason = entry["reasons"].get(suite, "")
    return {
        "suite": suite, "names": ", ".join(names), "number": len(there), "reason": reason,
        "gap": not there and not reason,
    }  # fmt: skip
