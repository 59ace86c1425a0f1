"""MON-2.1 to 2.3: latency, errors and traffic of the API, as Prometheus has them."""

import pytest

QUERIES = ("api.errors", "api.latency.p95", "api.requests")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("MON-2.1", row="api.latency.p95")
def test_latency(prometheus_reading, histogram_buckets, request_rate, judge):
    """95 of 100 API requests are answered within the limit."""
    judge(prometheus_reading, starved_by=request_rate, buckets=histogram_buckets)


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("MON-2.2", row="api.errors")
def test_errors(prometheus_reading, request_rate, judge):
    """The share of API requests that fail with a 5xx stays within the limit."""
    judge(prometheus_reading, starved_by=request_rate)


@pytest.mark.daily
@pytest.mark.runbook("MON-2.3", row="api.requests")
def test_requests(prometheus_reading, judge):
    """The API is in use: requests arrive."""
    judge(prometheus_reading)


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("MON-2.1")
@pytest.mark.parametrize("query", QUERIES)
def test_selectors(query_selectors, require):
    """Every series that the row's query speaks of exists, so that its silence means something."""
    require(query_selectors, value="all there", otherwise="UNKNOWN")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("MON-2.1")
def test_histogram(latency_bounds, rows, require):
    """The latency histogram has a bucket at each limit, so that no value near a limit is guessed between two."""
    row = rows["api.latency.p95"]
    require(
        latency_bounds, otherwise="WARNING", **{f"{limit.value:g} s": True for limit in (row.warning, row.critical)}
    )
