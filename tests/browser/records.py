"""Results of runs that never took place, in the form in which the machinery writes them."""

from typing import Any

from conformance import gate, results

AT = "2026-11-23T06:33:35.951629+00:00"


def reading(value: Any, unit: str = "", **changes: Any) -> dict[str, Any]:
    """A reading; the text around the value is made up."""
    return {
        "value": value, "unit": unit, "at": AT, "how": "SELECT count(*) FROM pg_stat_activity", "source": "postgres",
        "samples": None, "excerpt": "", **changes,
    }  # fmt: skip


def threshold(words: str, unit: str = "", **changes: Any) -> dict[str, Any]:
    """A row of thresholds.yaml as a record holds it."""
    return {
        "id": "some.row", "warning": {"above": 80}, "critical": None, "words": words, "unit": unit, "window": None,
        "min_samples": None, "origin": "runbook", "override": None, **changes,
    }  # fmt: skip


def waiver(**changes: Any) -> dict[str, Any]:
    """A waiver in force that is needed."""
    return {
        "check": "disk.free", "subject": None, "owner": "owner", "approver": "approver", "reason": "a reason",
        "ticket": "T-1", "created": "2026-11-01T00:00:00+00:00", "expires": "2026-12-01T00:00:00+00:00",
        "expired": False, "needed": True, **changes,
    }  # fmt: skip


def check(check_id: str, verdict: str | None = "OK", disposition: str = "none", **changes: Any) -> dict[str, Any]:
    """The record of one check."""
    subject = check_id.partition("[")[2].removesuffix("]")
    return {
        "id": check_id, "nodeid": f"suites/daily/test_some.py::test_{check_id}", "runbook": ["OPS-1.1"],
        "markers": ["daily"], "sentence": "Every service runs.", "subject": subject or None, "verdict": verdict,
        "disposition": disposition, "blocked_by": None, "caused_by": None, "reason": "",
        "next_step": "see runbook/operations.md#OPS-1.1", "reading": reading("running"),
        "threshold": {"id": None, "critical": {"not": "running"}, "words": "must be running"}, "waiver": None,
        "recent": [], "attempts": 1, "started": AT, "duration_s": 0.000271, **changes,
    }  # fmt: skip


def run(checks: list[dict[str, Any]], not_run: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    """The results of a run with these checks; population, gate and exit code follow from them."""
    header = {
        "id": "20261123T063335.951629Z-daily-demo", "suite": "daily", "target": "demo", "environment": "demo",
        "host": "somehost", "user": "checker", "started": AT, "utc_offset": "+0000",
        "command": "pytest -m daily --target demo", "marker_expr": "daily",
        "previous": "20261123T053335.031629Z-daily-demo",
        "hashes": {"thresholds": "af5be0ff" * 8, "target": "40b7b3b2" * 8, "waivers": None, "runbook": "e3b0c442" * 8},
        "fail_on": "unknown", "partial": False,
    }  # fmt: skip
    end = {
        "finished": "2026-11-23T06:33:37.102333+00:00", "complete": True, "deselected": 4,
        "git": {"commit": "53bd33d5" * 5, "dirty": False}, "clock": {"synchronised": True, "max_error_s": 0.0123},
        "versions": {"conformance": "0.1.0", "python": "3.11.7", "pytest": "9.2.0", "postgres": "15.9"},
        "cost": {"probes_s": {"docker_project": 0.081, "postgres_activity": 0.032}}, "trouble": [],
        "slips": [],
    }  # fmt: skip
    lines: list[dict[str, Any]] = [
        {"type": "run", **header},
        {"type": "selected", "nodeids": [*(one["nodeid"] for one in checks), *not_run]},
        *({"type": "check", **one} for one in checks),
    ]
    found = results.build([*lines, {"type": "end", **end}])
    why = gate.reasons(found, gate.FAIL_ON["unknown"])
    return results.build([*lines, {"type": "end", **end, "gate": why, "exit_code": int(bool(why)), **changes}])


def sentence(runbook_id: str, text: str, suites: tuple[str, ...], *names: str, reason: str = "") -> dict[str, Any]:
    """A line of the matrix: checked by `names` in the first suite; `reason` stands for the others."""
    return {
        "id": runbook_id, "sentence": text, "suites": list(suites),
        "checks": [{"name": name, "suites": list(suites[:1]), "manual": name.startswith("signoff.")} for name in names],
        "reasons": dict.fromkeys(suites[1:], reason) if reason else {},
    }  # fmt: skip


MATRIX = [
    sentence("OPS-1.1", "Every service runs", ("daily",), "test_state", "test_container_health", "service.restarts"),
    sentence("SEC-4.7", "Privileges are reviewed", ("monthly", "drill"), "test_privileges", "signoff.privileges",
             reason="not built yet: drills"),
    sentence("SEC-4.9", "Strangers get 403", ("monthly", "postdeploy"), "test_admin"),
]  # fmt: skip


def varied() -> dict[str, Any]:
    """A run in which everything occurs that a page has to show."""
    free = "disk free of /var/lib/postgresql is 7.4 % (warning below 20, critical below 10)"
    below = threshold("warning below 20, critical below 10", "%", id="disk.free")
    override = {
        "reason": "a fault's echo must not hold the tests", "approver": "approver", "review": "2027-01-31",
        "warning": {"above": 2}, "window": "10s",
        "runbook": {"words": "warning above 10, critical above 100", "window": "60m", "min_samples": None},
    }  # fmt: skip
    lines = "\n".join(f"2026-11-23T06:3{n}:00Z ERROR redis: connection refused (attempt {n})" for n in range(6))
    fine = [
        check(f"{name}[{service}]", runbook=[runbook], sentence=sentence, reading=reading(value, unit), threshold=limit)
        for name, runbook, sentence, value, unit, limit in (
            ("test_state", "OPS-1.1", "Every service runs.", "running", "",
             {"id": None, "critical": {"not": "running"}, "words": "must be running"}),
            ("service.memory", "MON-2.4", "A service keeps clear of its memory limit.", 41.03, "%",
             threshold("warning above 85, critical above 95", "%")),
            ("log.errors", "OPS-1.5", "The log of the last hour holds few errors.", 3, "lines",
             threshold("warning above 2, critical above 100", "lines", id="log.errors", origin="ours", window="10s",
                       override=override)),
        )
        for service in ("agent-v3", "postgres", "nginx", "prometheus", "alertmanager", "traffic", "sink", "backup")
    ]  # fmt: skip
    return run([
        *fine,
        check("test_state[redis]", "CRITICAL", reading=reading("exited", source="docker"),
              reason="state of redis is exited (must be running)",
              next_step="conformance triage, then docker compose up -d redis; see runbook/operations.md#OPS-1.1"),
        check("test_health[direct]", "CRITICAL", runbook=["OPS-1.2"], caused_by="test_state[redis]",
              sentence="The health endpoint answers.", reason="health of direct is status 503, redis down",
              reading=reading({"status": 503, "body": {"redis": "down", "postgres": "ok"}}, how="GET /health")),
        check("log.errors[redis-client]", "WARNING", runbook=["OPS-1.5"], caused_by="test_health[direct]",
              reason="log errors of redis-client is 34 lines (warning above 10, critical above 100)",
              reading=reading(34, "lines", excerpt=lines, how="docker logs --since 60m agent-v3", source="docker"),
              threshold=threshold("warning above 10, critical above 100", "lines", origin="ours")),
        *(check(f"{name}", "UNKNOWN", "blocked", runbook=["OPS-1.7"], blocked_by="test_state[redis]", reading=None,
                threshold=None, reason="redis did not answer: connection refused", sentence="Redis answers PING.")
          for name in ("test_ping", "redis.memory", "test_aof", "test_last_save")),
        check("disk.free[/var/lib/postgresql]", "CRITICAL", runbook=["OPS-1.4", "MON-2.6"], reason=free,
              sentence="Disk space is left on every mount.", threshold=below,
              reading=reading(7.4, "%", excerpt="/dev/vda1 41152736 38107432 3045304 93% /var/lib/postgresql",
                              source="host", how="df -kP /var/lib/postgresql"),
              recent=[[AT, 9.1], [AT, 8.3], [AT, 7.9]], next_step="free space; see runbook/operations.md#OPS-1.4"),
        check("disk.free[/]", runbook=["OPS-1.4"], sentence="Disk space is left on every mount.",
              reading=reading(61.3, "%"), threshold=below),
        check("postgres.connections", "WARNING", runbook=["MON-2.8"], reading=reading(83, "connections"),
              sentence="Connections in use leave room for an administrator to get in.",
              reason="postgres connections is 83 connections (warning above 80)",
              threshold=threshold("warning above 80", "connections", id="postgres.connections")),
        check("api.latency.p95", "UNKNOWN", runbook=["MON-2.1"], sentence="The API answers quickly.",
              reading=reading("nan", "s", samples=4, source="prometheus",
                              how="histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))"),
              reason="no data: 4 samples in 5m, at least 30 are needed",
              threshold=threshold("warning above 2, critical above 5", "s", window="5m", min_samples=30)),
        check("certificate.days[api]", "WARNING", "waived", runbook=["SEC-4.6"], reading=reading(21, "days"),
              threshold=threshold("warning below 30, critical below 7", "days"), waiver=waiver(ticket="OPS-412"),
              reason="certificate days of api is 21 days", sentence="Certificates are valid for long enough."),
        check("certificate.days[sink]", runbook=["SEC-4.6"], reading=reading(80, "days"),
              threshold=threshold("warning below 30, critical below 7", "days"),
              waiver=waiver(ticket="OPS-397", needed=False), sentence="Certificates are valid for long enough."),
        check("test_privileges", "WARNING", runbook=["SEC-4.7"], reading=reading(False), reason="the role may write",
              waiver=waiver(ticket="OPS-101", expired=True), sentence="The probe's role may only read."),
        check("test_clock", None, "not_applicable", runbook=["OPS-1.3"], reading=None, threshold=None,
              reason="the demo has no clock of its own (approved by approver, to be reviewed on 2027-01-31)"),
        check("service.restarts[redis]", "OK", "baseline", reading=reading(0), reason="no earlier run to compare with",
              sentence="Nothing restarted since the last run."),
        check("test_roster", "OK", "manual", runbook=["EMG-5.5"], reading=reading("called, 2026-11-20"),
              sentence="The contact roster is right.", next_step="see runbook/emergency.md#EMG-5.5"),
        check("test_change", runbook=["CHG-6.1"], sentence="Every change went through the flow."),
        check("test_pool", runbook=["PERF-3.4"], reading=reading(20, "connections"), sentence="The pool is as sized."),
    ], matrix=MATRIX)  # fmt: skip


def many(count: int) -> dict[str, Any]:
    """A run of this many checks, a twentieth of them findings, each with an excerpt."""
    chapters = ("OPS-1.1", "MON-2.4", "PERF-3.2", "SEC-4.6", "EMG-5.1", "CHG-6.1")
    limit = threshold("warning above 85, critical above 95", "%", id="service.memory")
    return run([
        check(
            f"service.memory[service-{number:05}]", "WARNING" if number % 20 == 0 else "OK",
            runbook=[chapters[number % len(chapters)]], sentence="A service keeps clear of its memory limit.",
            reading=reading(number / 100, "%", excerpt=f"memory.current {number}00123\nmemory.max 536870912"),
            reason="memory is high (warning above 85, critical above 95)" if number % 20 == 0 else "",
            threshold=limit, recent=[[AT, 41.5], [AT, 41.6]],
        )
        for number in range(count)
    ])  # fmt: skip


def hostile() -> dict[str, Any]:
    """A run in which every text that can come from outside tries to run a script."""
    bad = "</style></script></pre></title><script>window.ran=1</script><img src=x onerror=window.ran=1>\"'`&amp;{{7*7}}"
    value: dict[str, Any] = {
        "id": f"a[{bad}]", "nodeid": bad, "runbook": [bad], "markers": [bad], "sentence": bad, "subject": bad,
        "reason": bad, "next_step": bad, "waiver": waiver(reason=bad, owner=bad, approver=bad, ticket=bad, expires=bad),
        "reading": reading({bad: bad}, bad, how=bad, source=bad, excerpt=bad + "\x1b[31m\u202eKO\ud800"),
        "threshold": threshold(bad, bad, id=bad, origin=bad, window=bad, override={"reason": bad, "approver": bad}),
    }  # fmt: skip
    verdicts = ("CRITICAL", "UNKNOWN", "WARNING", "OK")
    checks = [check("x", verdict, **{**value, "id": f"{verdict}{value['id']}"}) for verdict in verdicts]
    checks.append(
        check("x", "UNKNOWN", "blocked", **{**value, "id": f"b{bad}", "blocked_by": f"CRITICAL{value['id']}"})
    )
    checks.append(check("x", None, "not_applicable", **{**value, "id": f"n{bad}"}))
    checks.append(check("x", "OK", "baseline", **{**value, "id": f"o{bad}"}))
    return run(
        checks, (bad + "2",), id=bad, suite=bad, target=bad, environment=bad, host=bad, user=bad, command=bad,
        marker_expr=bad, previous=bad, trouble=[bad], slips=[bad], gate=[bad], versions={bad: bad},
        hashes={bad: bad}, cost={bad: {bad: bad}, "x": bad}, git={"commit": bad, "dirty": True}, utc_offset=bad,
        clock={"synchronised": None, "max_error_s": bad}, started=bad, finished=bad,
        matrix=[sentence(bad, bad, (bad, bad + "2"), bad, reason=bad)],
    )  # fmt: skip
