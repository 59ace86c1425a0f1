"""The traffic of the API: slow, failing, silent."""

import signal

from tests.stack import stack
from tests.stack.fault import Fault, blocked, root

P95 = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="agent-v3"}[20s])))'
ERRORS = 'sum(rate(http_requests_total{job="agent-v3",status=~"5.."}[20s])) / sum(rate(http_requests_total[20s]))'
RATE = '60 * sum(rate(http_requests_total{job="agent-v3"}[20s]))'


def quiet() -> bool:
    """True where traffic flows and nothing has failed for a window: the echo of a fault is over."""
    return all(value < 0.005 for value in stack.prometheus(ERRORS)) and stack.prometheus(RATE)[0] > 60


SLOW = Fault(
    "the API takes three seconds",
    inject=lambda: stack.switch(latency=3),
    remove=stack.switch,
    shows=lambda: any(value > 2 for value in stack.prometheus(P95)),
    gone=lambda: any(value < 1 for value in stack.prometheus(P95)) and stack.prometheus(RATE)[0] > 60,
    expect={"api.latency.p95": root("WARNING")},
)

FAILING = Fault(
    "every third request fails",
    inject=lambda: stack.switch(error_rate=0.34),
    remove=stack.switch,
    shows=lambda: any(value > 0.1 for value in stack.prometheus(ERRORS)),
    gone=lambda: all(value < 0.005 for value in stack.prometheus(ERRORS)),
    expect={
        "api.errors": root("CRITICAL"),
        "log.errors[agent-v3]": root("WARNING", "lines"),
        "log.errors[agent-v3-files]": root("WARNING", "lines"),
    },
)

SILENT_TRAFFIC = Fault(
    "hardly anybody uses the API: traffic stands still",
    inject=lambda: stack.send("traffic", signal.SIGSTOP),
    remove=lambda: stack.send("traffic", signal.SIGCONT),
    shows=lambda: stack.prometheus(RATE)[0] == 0,
    gone=lambda: stack.prometheus(RATE)[0] > 60,
    expect={
        "api.requests": root("WARNING"),
        "api.latency.p95": blocked("api.requests"),
        "api.errors": blocked("api.requests"),
    },
)
