"""The healthy stack, and the one fault that everybody tries first."""

import time

from tests.stack import stack, turning
from tests.stack.fault import Fault, injected
from tests.stack.running import Finished, Runner


def test_healthy_stack_is_green_with_at_least_sixty_ok(green: Finished) -> None:
    run = green.results["run"]

    assert green.exit_code == 0, green.output
    assert run["complete"] is True
    assert run["summary"]["OK"] >= 60
    assert {name: run["summary"][name] for name in ("WARNING", "CRITICAL", "UNKNOWN")} == {
        "WARNING": 0,
        "CRITICAL": 0,
        "UNKNOWN": 0,
    }
    dispositions = {check["disposition"] for check in green.results["checks"]}
    assert dispositions <= {"none", "baseline", "not_applicable"}


def test_stopped_redis_is_the_one_root_and_explains_everything_else(daily: Runner, green: Finished) -> None:
    fault = Fault(
        "redis stopped",
        inject=lambda: stack.docker("stop", "-t", "2", stack.container("redis")),
        remove=lambda: stack.docker("start", stack.container("redis")),
        expect={},
        gone=lambda: stack.healthy("redis") and stack.healthy("agent-v3"),
    )

    with injected(fault):
        at_once = daily()
        time.sleep(8)  # a while later health checks and windows have caught up with it
        later = daily()

    for red in (at_once, later):
        causes = {check["caused_by"] or check["blocked_by"] for check in red.open()} - {None}
        assert red.exit_code == 1
        assert red.roots() == ["test_state[redis]"], red.output
        assert causes == {"test_state[redis]"}, red.output
        assert red.check("test_health[direct]")["verdict"] == "CRITICAL"
        assert red.check("test_health_dependencies[nginx]")["verdict"] == "CRITICAL"
        assert red.check("redis.memory")["disposition"] == "blocked"
        finding = red.output.index("CRITICAL state of redis is exited")
        assert finding < red.output.index("follow from it")
        assert "up -d redis" in red.output


def test_green_again_after_redis_came_back(daily: Runner) -> None:
    turning.green(daily)
