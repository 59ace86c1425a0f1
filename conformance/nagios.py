"""--nagios: the whole run as one status line with perfdata, in the contract of the Monitoring Plugins."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from _pytest._io import TerminalWriter

from conformance import gate, results
from conformance.words import Verdict

_NAMES = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}


def silence(config: pytest.Config) -> None:
    """Send what pytest prints nowhere: nothing but the status line may reach standard output."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if config.option.nagios and reporter is not None:
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  lives as long as the session
        config.add_cleanup(nowhere.close)
        reporter._tw = TerminalWriter(nowhere)


def say(found: dict[str, Any] | None, exit_code: int, trouble: str = "") -> int:
    """Print the status line and give the plugin's exit code."""
    code = gate.nagios(found, exit_code)
    print(line(found, code, trouble), flush=True)  # noqa: T201
    return code


def line(found: dict[str, Any] | None, code: int, trouble: str = "") -> str:
    """'CRITICAL - daily of demo: test_state[redis]: ... | perfdata'."""
    if found is None:
        return f"{_NAMES[code]} - {' '.join((trouble or 'the run did not finish').split())}".replace("|", "/")
    run = found["run"]
    shown = results.findings(found["checks"])
    first = f": {shown[0]['id']}: {shown[0]['reason']}" if shown else ""
    counts = ", ".join(f"{run['summary'][verdict.value]} {verdict.value}" for verdict in Verdict)
    text = " ".join(f"{run['suite']} of {run['target']}: {counts}{first}".split()).replace("|", "/")
    return f"{_NAMES[code]} - {text} | {' '.join(_perfdata(found['checks']))}"


def _perfdata(checks: list[dict[str, Any]]) -> Iterator[str]:
    """'label'=value[UOM];warn;crit, U where undetermined; only checks that a row judges have limits to show."""
    for check in checks:
        limits = check["threshold"]
        if not limits or not limits["id"] or check["verdict"] is None:
            continue
        value = (check["reading"] or {}).get("value")
        number = _number(value) if isinstance(value, int | float) and not isinstance(value, bool) else "U"
        unit = {"s": "s", "%": "%", "B": "B"}.get(limits["unit"], "") if number != "U" else ""
        label = check["id"].replace("'", "''").replace("=", "_").replace("|", "/")
        yield f"'{label}'={number}{unit};{_range(limits['warning'])};{_range(limits['critical'])}"


def _range(limit: dict[str, Any] | None) -> str:
    """{above: 2} -> '2'; {below: 20} -> '20:'."""
    if not limit:
        return ""
    [(direction, value)] = limit.items()
    return {"above": _number(value), "below": f"{_number(value)}:"}[direction] if direction != "not" else ""


def _number(value: float) -> str:
    """Digits, sign and point only: the contract knows no exponent."""
    return str(value) if isinstance(value, int) else f"{value:.9f}".rstrip("0").rstrip(".")
