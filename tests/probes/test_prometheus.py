"""Prometheus: selectors of expressions, values of answers, and servers on loopback that answer badly."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from conformance.probes import Query
from conformance.reading import NotMeasured
from fixtures import prometheus
from fixtures.api import Api, Unanswered
from fixtures.prometheus import one_value
from fixtures.promql import any_status, selectors, without_status
from tests.probes.conftest import Serve
from tests.probes.support import Handler, closed_port, fault, hang, measure, probing, within
from tests.probes.test_http import response, say

ROWS = yaml.safe_load((Path(__file__).parents[2] / "thresholds.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("api.latency.p95", ['http_request_duration_seconds_bucket{job="agent-v3"}']),
        ("api.errors", ['http_requests_total{job="agent-v3",status=~"5.."}', 'http_requests_total{job="agent-v3"}']),
        ("api.requests", ['http_requests_total{job="agent-v3"}']),
        ("llm.in_flight", ['llm_calls_in_flight{job="agent-v3"}']),
        ("host.cpu", ['node_cpu_seconds_total{job="node-exporter",mode="idle"}']),
    ],
)
def test_selectors_of_our_rows(row: str, expected: list[str]) -> None:
    assert expected == selectors(ROWS[row]["promql"].replace("$window", "300s"))


def test_every_row_with_a_query_has_a_selector() -> None:
    assert {name: True for name, row in ROWS.items() if "promql" in row} == {
        name: bool(selectors(row["promql"])) for name, row in ROWS.items() if "promql" in row
    }


@pytest.mark.parametrize(
    ("promql", "expected"),
    [
        ("up", ["up"]),
        ("up{}", ["up{}"]),
        ('a{x="}"}', ['a{x="}"}']),
        (r'a{x="\"}", y="{b}"} + c', [r'a{x="\"}", y="{b}"}', "c"]),
        ("a{x='}'} + b", ["a{x='}'}", "b"]),
        ('a{x=~"by (b)"}', ['a{x=~"by (b)"}']),
        ("sum by (le, instance) (rate(a_bucket[5m]))", ["a_bucket"]),
        ("sum without(instance) (a)", ["a"]),
        ("sum(a) by (job)", ["a"]),
        ("a * on (job) group_left (version) b", ["a", "b"]),
        ("a / ignoring(code) group_right b", ["a", "b"]),
        ("a offset 5m", ["a"]),
        ("a{x=\"y\"} offset -1h > 2", ['a{x="y"}']),
        ("max_over_time(rate(a[5m])[1h:1m])", ["a"]),
        ("max_over_time(rate(a[5m])[1h : 5m])", ["a"]),
        ("max_over_time(a[1h:])", ["a"]),
        ("a @ 1609746000 + b @ start()", ["a", "b"]),
        ("rate(rate[5m])", ["rate"]),
        ("sum(count)", ["count"]),
        ("sum(sum_over_time{a=\"b\"})", ['sum_over_time{a="b"}']),
        ("job:http_requests:rate5m", ["job:http_requests:rate5m"]),
        ('job:http_requests:rate5m{job="a"} > 1', ['job:http_requests:rate5m{job="a"}']),
        ("histogram_quantile(0.95, a_bucket{le=~\"0.5|1\"})", ['a_bucket{le=~"0.5|1"}']),
        ('label_replace(up, "dst", "$1", "src", "(.*)")', ["up"]),
        ('count_values("version", build_info)', ["build_info"]),
        ('{__name__="up"}', ['{__name__="up"}']),
        ('{__name__=~"a.*", job="x"} or vector(0)', ['{__name__=~"a.*", job="x"}']),
        ("a == bool 1", ["a"]),
        ("a and b or c unless d", ["a", "b", "c", "d"]),
        ("a AND on(x) b", ["a", "b"]),
        ("a > 1e3 or b < +Inf or c == NaN or d > 0x1f", ["a", "b", "c", "d"]),
        ("a + a", ["a"]),
        ("time() - process_start_time_seconds", ["process_start_time_seconds"]),
        ("sum(rate(a[5m])) # and b", ["a"]),
        ("topk(5, a) and topk (5, b)", ["a", "b"]),
        ("absent(a{job=\"x\"})", ['a{job="x"}']),
        ("vector(0)", []),
        ("1 + 2", []),
        ("", []),
    ],
)  # fmt: skip
def test_selectors_of_an_expression(promql: str, expected: list[str]) -> None:
    assert expected == selectors(promql)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("a", "a"),
        ("a{}", "a"),
        ('a{status=~"5.."}', "a"),
        ('a{job="x",status=~"5.."}', 'a{job="x"}'),
        ('a{code="500", job="x"}', 'a{job="x"}'),
        ('a{status_code!="200",job="x"}', 'a{job="x"}'),
        ('a{http_status="500"}', 'a{http_status="500"}'),
        ('a{statuses="500"}', 'a{statuses="500"}'),
        ('a{job="x,status=5"}', 'a{job="x,status=5"}'),
        (r'a{job="\"}",status="5"}', r'a{job="\"}"}'),
        ("a{job='x',status='5'}", "a{job='x'}"),
        ('{__name__="a",status="5"}', '{__name__="a"}'),
    ],
)
def test_selector_without_its_status(selector: str, expected: str) -> None:
    assert expected == without_status(selector)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ('a{job="x",status=~"5.."}', 'a{job="x",status!=""}'),
        ("a{code!='200'}", 'a{code!=""}'),
        ('a{http_status="500"}', 'a{http_status="500"}'),
        ("a", "a"),
    ],
)
def test_status_may_have_any_value_but_must_be_there(selector: str, expected: str) -> None:
    assert expected == any_status(selector)


def sample(value: str) -> dict[str, Any]:
    return {"metric": {}, "value": [1763884732.1, value]}


@pytest.mark.parametrize(
    ("vector", "value", "trouble"),
    [
        ([sample("0.25")], 0.25, ""),
        ([sample("0")], 0.0, ""),
        ([sample("1e-3")], 0.001, ""),
        ([sample("NaN")], None, "the query answers NaN"),
        ([sample("+Inf")], None, "the query answers +Inf"),
        ([sample("-Inf")], None, "the query answers -Inf"),
        ([], None, "no series answers the query"),
        ([sample("1"), sample("1")], None, "2 series answer the query: aggregate them in its promql"),
        ([{"metric": {}, "histogram": [1, {}]}], None, "the query answers no number"),
        ([{"metric": {}, "values": [[1, "1"]]}], None, "the query answers no number"),
    ],
)
def test_value_of_a_vector(vector: list[Any], value: float | None, trouble: str) -> None:
    assert (value, trouble) == one_value(vector)


def test_scalar_is_a_vector_of_one(serve: Serve) -> None:
    port = serve(say(response(json.dumps({"data": {"resultType": "scalar", "result": [1763884732.1, "2.5"]}}))))
    assert one_value(Api(f"http://127.0.0.1:{port}").query("scalar(a)")) == (2.5, "")


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.api.TIMEOUT", (0.4, 0.4))


REFUSED = json.dumps({"status": "error", "errorType": "bad_data", "error": "parse error: unexpected end of input"})


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (say(response(REFUSED, "400 Bad Request")), "HTTP 400 parse error: unexpected end of input"),
        (say(response("boom", "500 Internal Server Error")), "HTTP 500"),
        (say(response("[]", "503 Service Unavailable")), "HTTP 503"),
        (say(response("", "302 Found", "Location: /login")), "HTTP 302"),
        (say(response("<html>a page of somebody else</html>")), "no answer of Prometheus"),
        (say(response("[1]")), "no answer of Prometheus"),
        (say(response("null")), "no answer of Prometheus"),
        (say(response("{}")), "no answer of Prometheus"),
        (say(response('{"data": {}}')), "no answer of Prometheus"),
        (say(response('{"data": {"resultType": "vector", "result": null}}')), "no answer of Prometheus"),
        (hang, "no answer within 3 s"),
        (lambda _: None, "connection reset|connection closed without an answer"),
    ],
    ids=["400", "500", "503", "302", "html", "list", "null", "no-data", "no-type", "no-result", "silent", "closed"],
)
def test_server_that_answers_badly(serve: Serve, handler: Handler, words: str) -> None:
    with within(1.5), pytest.raises(Unanswered) as caught:
        Api(f"http://127.0.0.1:{serve(handler)}").query("up")
    assert any(str(caught.value).startswith(one) for one in words.split("|"))


def test_port_where_nobody_listens() -> None:
    with pytest.raises(Unanswered, match=r"^connection refused$"):
        Api(f"http://127.0.0.1:{closed_port()}").query("up")


# The probe

Route = Callable[[str, dict[str, list[str]]], tuple[str, Any]]


def api(route: Route) -> Handler:
    """A server whose connections stay open; `route` gives status and data for a path and its parameters."""

    def handler(connection: socket.socket) -> None:
        while request := connection.recv(65536):
            url = urlsplit(request.split(b" ")[1].decode())
            status, data = route(url.path, parse_qs(url.query))
            connection.sendall(response(data if isinstance(data, str) else json.dumps(data), status))

    return handler


def well(path: str, keys: dict[str, list[str]]) -> tuple[str, Any]:
    """Ready, one target up, one series for every selector, 4.2 for every query."""
    answers: dict[str, Any] = {
        "/-/ready": "Prometheus Server is Ready.\n",
        "/api/v1/targets": {"data": {"activeTargets": [{"health": "up", "labels": {"job": "agent-v3"}}]}},
        "/api/v1/status/buildinfo": {"data": {"version": "2.42.0"}},
        "/api/v1/series": {"data": [{"__name__": "a"}]},
        "/api/v1/label/le/values": {"data": ["0.5", "2", "+Inf"]},
        "/api/v1/query": {"data": {"resultType": "vector", "result": [sample("4.2")]}},
    }
    return "200 OK", answers[path]


def ask(serve: Serve, route: Route, *queries: Query) -> Any:
    run = probing(prometheus={"url": f"http://127.0.0.1:{serve(api(route))}"})
    run.queries = {one.row: one for one in queries}
    with within(2):
        return measure("prometheus_server", run), run


P95 = Query("p95", "histogram_quantile(0.95, sum by (le) (rate(a_bucket[60s])))", 60)
GAUGE = Query("gauge", "a_gauge", 60)


def test_server_that_is_well(serve: Serve) -> None:
    found, run = ask(serve, well, P95)
    assert (found.answer, found.jobs, run.versions) == ("ready", {"agent-v3": ["up"]}, {"prometheus": "2.42.0"})
    result = found.results["p95"]
    assert (result.value, result.samples, result.missing, result.trouble) == (4.2, 4, (), "")
    assert result.buckets == (0.5, 2.0, float("inf"))
    assert fault(run, "prometheus") is None


def test_samples_of_a_gauge_are_its_scrapes(serve: Serve) -> None:
    """A highest value of nothing but one scrape says little: the row's min_samples must be able to see it."""
    asked: list[str] = []

    def route(path: str, keys: dict[str, list[str]]) -> tuple[str, Any]:
        asked.extend(keys.get("query", []))
        return well(path, keys)

    found, _ = ask(serve, route, Query("gauge", "max(max_over_time(a_gauge[60s]))", 60))
    assert (found.results["gauge"].value, found.results["gauge"].samples) == (4.2, 4)
    assert asked == ["max(max_over_time(a_gauge[60s]))", "sum(count_over_time(a_gauge[60s]))"]


def test_selector_without_a_series_is_named_and_a_fault(serve: Serve) -> None:
    def route(path: str, keys: dict[str, list[str]]) -> tuple[str, Any]:
        return ("200 OK", {"data": []}) if path == "/api/v1/series" else well(path, keys)

    found, run = ask(serve, route, GAUGE)
    assert found.results["gauge"].missing == ("a_gauge",)
    reported = fault(run, "selectors of gauge")
    assert reported is not None
    assert reported.check == "test_selectors[gauge]"


@pytest.mark.parametrize("path", ["/api/v1/query", "/api/v1/series", "/api/v1/label/le/values"])
def test_query_that_is_refused_is_no_fault_of_the_server_and_hides_no_other(serve: Serve, path: str) -> None:
    def route(asked: str, keys: dict[str, list[str]]) -> tuple[str, Any]:
        expression = str(keys.get("query") or keys.get("match[]"))
        return ("400 Bad Request", REFUSED) if asked == path and "a_" in expression else well(asked, keys)

    found, run = ask(serve, route, P95, Query("other", "b_gauge", 60))
    assert found.answer == "ready"
    assert fault(run, "prometheus") is None
    assert found.results["p95"].value is None
    assert "the query is refused: HTTP 400 parse error" in found.results["p95"].trouble
    assert found.results["other"].value == 4.2


@pytest.mark.parametrize(
    ("path", "status", "data", "words"),
    [
        ("/-/ready", "503 Service Unavailable", "not ready", "HTTP 503"),
        ("/api/v1/targets", "500 Internal Server Error", "", "HTTP 500"),
        ("/api/v1/query", "503 Service Unavailable", "", "HTTP 503"),
        ("/api/v1/targets", "200 OK", "<html>", "no answer of Prometheus"),
        ("/api/v1/targets", "200 OK", '{"data": {"activeTargets": [{}]}}', "no answer of Prometheus"),
        ("/api/v1/status/buildinfo", "200 OK", "{}", "no answer of Prometheus"),
        ("/api/v1/series", "200 OK", "<html>", "no answer of Prometheus"),
        ("/api/v1/query", "200 OK", "<html>", "no answer of Prometheus"),
    ],
)
def test_server_that_is_unwell_is_a_fault(serve: Serve, path: str, status: str, data: str, words: str) -> None:
    def route(asked: str, keys: dict[str, list[str]]) -> tuple[str, Any]:
        return (status, data) if asked == path else well(asked, keys)

    found, run = ask(serve, route, GAUGE)
    assert found.answer == words
    reported = fault(run, "prometheus")
    assert reported is not None
    assert (reported.check, reported.text) == ("test_prometheus_ready", words)
    with pytest.raises(NotMeasured, match=words):
        prometheus._ready(found, run.target)


def test_target_that_is_down_says_why(serve: Serve) -> None:
    def route(path: str, keys: dict[str, list[str]]) -> tuple[str, Any]:
        down = {"health": "down", "labels": {"job": "agent-v3"}, "lastError": "connection refused"}
        return ("200 OK", {"data": {"activeTargets": [down]}}) if path == "/api/v1/targets" else well(path, keys)

    assert ask(serve, route)[0].jobs == {"agent-v3": ["down: connection refused"]}


@pytest.mark.parametrize(
    ("handler", "answer"),
    [(hang, "no answer within 3 s"), (say(response("", "503 Service Unavailable")), "HTTP 503")],
    ids=["silent", "503"],
)
def test_alertmanager_that_is_unwell_is_a_fault(serve: Serve, handler: Handler, answer: str) -> None:
    run = probing(alertmanager={"url": f"http://127.0.0.1:{serve(handler)}"})
    with within(1.5):
        assert answer == measure("alertmanager_answer", run).value
    assert fault(run, "alertmanager") is not None
