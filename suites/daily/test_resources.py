"""OPS-1.3, MON-2.4 and MON-2.5: memory, CPU and the clock, of containers and of the host."""

import pytest


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.runbook("OPS-1.3")
@pytest.mark.runbook("MON-2.4", row="service.memory")
def test_memory(service_memory, judge):
    """The service stays clear of its memory limit."""
    judge(service_memory)


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.runbook("MON-2.4")
def test_memory_limit(service_limit, require):
    """The service has a memory limit, so that it cannot take the host's memory."""
    require(service_limit, value="set", otherwise="WARNING")


@pytest.mark.daily
@pytest.mark.runbook("OPS-1.3")
@pytest.mark.runbook("MON-2.5", row="service.cpu")
def test_cpu(service_cpu, judge):
    """The service has CPU to spare, on the average since the last run."""
    judge(service_cpu)


@pytest.mark.daily
@pytest.mark.weekly
@pytest.mark.monthly
@pytest.mark.predeploy
@pytest.mark.postdeploy
@pytest.mark.runbook("OPS-1.3")
def test_host_answer(host_answer, require):
    """The host can be asked, so that its disks, memory and clock can be known."""
    require(host_answer, value="answers")


@pytest.mark.daily
@pytest.mark.predeploy
@pytest.mark.runbook("MON-2.4", row="host.memory")
def test_host_memory(host_memory, judge):
    """The host has memory to spare, by what the kernel calls available."""
    judge(host_memory)


@pytest.mark.daily
@pytest.mark.runbook("MON-2.5", row="host.cpu")
def test_host_cpu(prometheus_reading, judge):
    """The host has CPU to spare, over the window."""
    judge(prometheus_reading)


@pytest.mark.daily
@pytest.mark.runbook("MON-2.5", row="host.load")
def test_host_load(host_load, judge):
    """No more tasks are runnable than the host's cores can carry."""
    judge(host_load)


@pytest.mark.daily
@pytest.mark.runbook("OPS-1.3", row="host.oom")
def test_host_oom(host_oom, judge):
    """The kernel has ended no process for want of memory since the last run."""
    judge(host_oom)


@pytest.mark.daily
@pytest.mark.runbook("OPS-1.3")
def test_clock_synchronised(clock_synchronised, require):
    """A time service holds the host's clock."""
    require(clock_synchronised, value="yes", otherwise="WARNING")


@pytest.mark.daily
@pytest.mark.runbook("OPS-1.3", row="host.clock.offset")
def test_clock_offset(clock_offset, judge):
    """The host's clock agrees with the clock of the machine that runs the checks."""
    judge(clock_offset)
