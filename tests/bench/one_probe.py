"""One probe, and those that it asks, in a process of their own: the cost with their libraries, without pytest's run."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
sys.path.insert(0, str(CHECKOUT))

from conformance import duration, settings  # noqa: E402
from conformance.causes import Faults  # noqa: E402
from conformance.probes import REGISTRY, Probing, Query  # noqa: E402


def main(name: str) -> None:
    """Run the probe against the demo target."""
    for path in sorted((CHECKOUT / "fixtures").glob("[a-z]*.py")):
        import_module(f"fixtures.{path.stem}")  # a probe may ask others; what they import themselves comes later
    told = settings.load(CHECKOUT, "demo")
    windows = {key: duration.seconds(row.window) for key, row in told.rows.items() if row.window}
    queries = {
        key: Query(key, row.promql.replace("$window", row.window or ""), windows.get(key, 60))
        for key, row in told.rows.items()
        if row.promql
    }
    seen: dict[str, Any] = {}

    def result(other: str) -> Any:
        if other not in seen:
            seen[other] = REGISTRY[other].function(run)
        return seen[other]

    run = Probing(told.target, Faults(), queries, windows, {}, result)
    result(name)


if __name__ == "__main__":
    main(sys.argv[1])
