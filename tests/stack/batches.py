"""The faults of the daily suite, in batches of parts that do not touch one another."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fixtures.usage import from_cgroup
from tests.stack import stack
from tests.stack.certificate import with_days_left
from tests.stack.fault import Expect, Fault, blocked, follows, root
from tests.stack.sessions import Sessions

SESSIONS = Sessions()


def _stranger(service: str, name: str, *words: str) -> str:
    """A container that claims to be of the project, from another image than the stack's."""
    image = stack.docker("commit", stack.container("sink"), "agentv3/another:tests")
    labels = [
        "--label", f"com.docker.compose.project={stack.PROJECT}",
        "--label", f"com.docker.compose.service={service}",
        "--label", "com.docker.compose.oneoff=False",
    ]  # fmt: skip
    return stack.docker("run", "-d", "--no-healthcheck", "--name", name, *labels, *words, image, "sleep", "600")


def _remove(name: str) -> None:
    stack.docker("rm", "-f", "-v", name, check=False)
    stack.docker("image", "rm", "agentv3/another:tests", check=False)


STRANGERS = Fault(
    "a container of an undeclared service, and a second one of sink with another image and no memory limit",
    inject=lambda: (_stranger("stranger", "agentv3_stranger_tests", "--memory", "16m"),
                    _stranger("sink", "agentv3_zsink_tests")),
    remove=lambda: (_remove("agentv3_stranger_tests"), _remove("agentv3_zsink_tests")),
    expect={
        "test_undeclared_services": root("WARNING", "stranger"),
        "test_state[sink]": root("CRITICAL", "2 of 1 running"),
        "test_image[sink]": root("CRITICAL", "another image"),
        "test_memory_limit[sink]": root("WARNING", "missing on agentv3_zsink_tests"),
        "test_container_health[sink]": root("WARNING", "none declared"),
    },
)  # fmt: skip


def _restarted() -> None:
    # The signal goes to the container's own init: from inside, process 1 cannot be killed.
    os.kill(stack.init_pid("logrotate"), signal.SIGKILL)


RESTART = Fault(
    "logrotate dies and is restarted by its policy",
    inject=_restarted,
    remove=lambda: None,
    shows=lambda: (
        stack.inspect("logrotate", ".State.Status") == "running"
        and int(stack.inspect("logrotate", ".RestartCount")) > 0
        and stack.healthy("logrotate")
    ),
    gone=lambda: stack.healthy("logrotate"),
    expect={"service.restarts[logrotate]": root("WARNING")},
)

JOB = Fault(
    "the schema cannot be brought: migrate has no network",
    inject=lambda: (
        stack.docker("network", "disconnect", "agentv3_agentnet", stack.container("migrate")),
        stack.docker("start", stack.container("migrate")),
    ),
    remove=lambda: (
        stack.docker("network", "connect", "--alias", "migrate", "agentv3_agentnet", stack.container("migrate")),
        stack.docker("start", stack.container("migrate")),
    ),
    shows=lambda: stack.inspect("migrate", ".State.Status") == "exited",
    gone=lambda: (
        (stack.inspect("migrate", ".State.Status"), stack.inspect("migrate", ".State.ExitCode")) == ("exited", "0")
    ),
    expect={"test_job[migrate]": root("CRITICAL", "exited (1)")},
)

HOG = "python3 -c 'import time; x = bytearray({size}); time.sleep({seconds})'"

OUT_OF_MEMORY = Fault(
    "the kernel ends a process of backup that wants more than the container may have",
    inject=lambda: stack.docker(
        "exec", stack.container("backup"), "sh", "-c", HOG.format(size="300_000_000", seconds=1), check=False
    ),
    # The engine keeps OOMKilled over one restart: it tells of the life before.
    remove=lambda: [stack.docker("restart", "-t", "1", stack.container("backup")) for _ in range(2)],
    gone=lambda: stack.healthy("backup"),
    expect={"test_out_of_memory[backup]": root("CRITICAL")},
)


def _memory_share(service: str) -> float:
    usage = from_cgroup(stack.inspect(service, ".Id"))
    assert usage is not None
    return 100 * usage.memory / int(stack.inspect(service, ".HostConfig.Memory"))


class Hog:
    """A process in redis-exporter that takes a megabyte whenever it is told to."""

    program = "import sys; held = [bytearray(int(line)) for line in sys.stdin]"
    process: "subprocess.Popen[str] | None" = None

    def fill(self) -> None:
        """Take memory until the container is at 89 % of its limit."""
        command = ["docker", "exec", "-i", stack.container("redis-exporter"), "python3", "-c", self.program]
        Hog.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        assert Hog.process.stdin is not None
        for _ in range(80):
            time.sleep(0.2)
            if _memory_share("redis-exporter") > 89:
                return
            Hog.process.stdin.write("1000000\n")
            Hog.process.stdin.flush()

    def leave(self) -> None:
        """End the process by the end of its input."""
        if Hog.process is not None:
            Hog.process.communicate(timeout=10)


MEMORY = Fault(
    "redis-exporter comes near its memory limit",
    inject=lambda: Hog().fill(),
    remove=lambda: Hog().leave(),
    shows=lambda: _memory_share("redis-exporter") > 86,
    gone=lambda: _memory_share("redis-exporter") < 60,
    expect={"service.memory[redis-exporter]": root("WARNING")},
)

CONNECTIONS = Fault(
    "86 sessions; one holds a lock and does nothing, one waits for it",
    inject=lambda: SESSIONS.open_until(86),
    remove=SESSIONS.close,
    shows=lambda: SESSIONS.waited(seconds=3),
    expect={
        "postgres.connections": root("WARNING"),
        "postgres.connections.share": root("WARNING"),
        "postgres.locks.waiting": root("WARNING"),
        "postgres.idle_in_transaction": root("WARNING"),
    },
)


def _fill_redis() -> None:
    for number in range(15):
        stack.redis("setrange", f"fault:{number}", "4000000", "x")


def _empty_redis() -> None:
    stack.redis("del", *(f"fault:{number}" for number in range(15)))


def _redis_share() -> float:
    fields = dict(line.split(":", 1) for line in stack.redis("info", "memory").splitlines() if ":" in line)
    return 100 * int(fields["used_memory"]) / int(fields["maxmemory"])


REDIS_FULL = Fault(
    "redis past 90 % of its memory",
    inject=_fill_redis,
    remove=_empty_redis,
    shows=lambda: _redis_share() > 90.5,
    gone=lambda: _redis_share() < 60,
    expect={"redis.memory": root("WARNING")},
)

SAVE_FAILS = Fault(
    "redis cannot write its dump",
    inject=lambda: (
        stack.redis("config", "set", "stop-writes-on-bgsave-error", "no"),
        stack.as_root("redis", "chown root:root /var/lib/stack/redis && chmod 0555 /var/lib/stack/redis"),
        stack.redis("bgsave"),
    ),
    remove=lambda: (
        stack.as_root("redis", "chown redis:redis /var/lib/stack/redis && chmod 0755 /var/lib/stack/redis"),
        stack.redis("bgsave"),
        stack.redis("config", "set", "stop-writes-on-bgsave-error", "yes"),
    ),
    shows=lambda: "rdb_last_bgsave_status:err" in stack.redis("info", "persistence"),
    gone=lambda: "rdb_last_bgsave_status:ok" in stack.redis("info", "persistence"),
    expect={"test_redis_save": root("CRITICAL", "last RDB save")},
)

TARGET_GONE = Fault(
    "prometheus cannot reach node-exporter",
    inject=lambda: stack.docker("network", "disconnect", "agentv3_agentnet", stack.container("node-exporter")),
    remove=lambda: stack.docker(
        "network", "connect", "--alias", "node-exporter", "agentv3_agentnet", stack.container("node-exporter")
    ),
    shows=lambda: stack.prometheus('up{job="node-exporter"}') == [0.0],
    gone=lambda: stack.prometheus('up{job="node-exporter"}') == [1.0],
    expect={"test_scrape_job[node-exporter]": root("CRITICAL", "down")},
)

ALERTMANAGER_STOPPED = Fault(
    "alertmanager is stopped",
    inject=lambda: stack.docker("stop", "-t", "2", stack.container("alertmanager")),
    remove=lambda: stack.docker("start", stack.container("alertmanager")),
    shows=lambda: stack.prometheus('up{job="alertmanager"}') == [0.0],
    gone=lambda: stack.healthy("alertmanager") and stack.prometheus('up{job="alertmanager"}') == [1.0],
    expect={
        "test_state[alertmanager]": root("CRITICAL", "exited"),
        "test_alertmanager_ready": follows("CRITICAL", "test_state[alertmanager]"),
        "test_scrape_job[alertmanager]": follows("CRITICAL", "test_state[alertmanager]"),
        "test_container_health[alertmanager]": blocked("test_state[alertmanager]"),
        "service.memory[alertmanager]": blocked("test_state[alertmanager]"),
        "service.cpu[alertmanager]": blocked("test_state[alertmanager]"),
    },
)

DISK = Fault(
    "/data is 85 % full",
    inject=lambda: stack.as_root("host", "dd if=/dev/zero of=/data/fill bs=1M count=41 2>/dev/null"),
    remove=lambda: stack.as_root("host", "rm -f /data/fill"),
    expect={"disk.free[/data]": root("WARNING")},
)

INODES = Fault(
    "/var/lib/agent-v3 has hardly an inode left",
    inject=lambda: stack.as_root(
        "host",
        "mkdir -p /var/lib/agent-v3/fill && cd /var/lib/agent-v3/fill && n=0 && "
        'while [ "$(df -Pi . | tail -1 | tr -s " " | cut -d" " -f5 | tr -d %)" -lt 92 ]; do '
        "n=$((n+1)); seq -f f$n.%g 100 | xargs touch; done",
    ),
    remove=lambda: stack.as_root("host", "rm -rf /var/lib/agent-v3/fill"),
    expect={"disk.inodes[/var/lib/agent-v3]": root("CRITICAL")},
)


MOUNT = Fault(
    "somebody mounted a file system that nobody watches",
    inject=lambda: stack.as_root("host", "mount --bind /opt/backups/agent-v3 /srv"),
    remove=lambda: stack.as_root("host", "umount /srv"),
    expect={"test_undeclared_mounts": root("WARNING", "/srv")},
)

BACKUPS_GONE = Fault(
    "every dump of the globals is gone",
    inject=lambda: stack.as_root("backup", "cd /opt/backups/agent-v3 && mkdir -p aside && mv globals_* aside/"),
    remove=lambda: stack.as_root("backup", "cd /opt/backups/agent-v3 && mv aside/* . && rmdir aside"),
    expect={
        "test_backup_exists[globals]": root("CRITICAL"),
        "backup.age[globals]": blocked("test_backup_exists[globals]"),
        "backup.size[globals]": blocked("test_backup_exists[globals]"),
    },
)

BACKUPS_OLD = Fault(
    "no dump of the database for 30 hours",
    inject=lambda: stack.as_root("backup", "cd /opt/backups/agent-v3 && mkdir -p aside2 && cp -p postgres_* aside2/ && "
                               "touch -d '30 hours ago' postgres_*"),
    remove=lambda: stack.as_root("backup", "cd /opt/backups/agent-v3 && mv aside2/* . && rmdir aside2"),
    expect={"backup.age[database]": root("CRITICAL")},
)  # fmt: skip

BACKUP_TINY = Fault(
    "the newest dump is the frame of an empty one",
    inject=lambda: stack.as_root(
        "backup", "cd /opt/backups/agent-v3 && : | gzip > postgres_99991231T000000Z.sql.gz && chmod 0640 postgres_9999*"
    ),
    remove=lambda: stack.as_root("backup", "rm -f /opt/backups/agent-v3/postgres_9999*"),
    expect={"backup.size[database]": root("CRITICAL")},
)


class Certificate:
    """nginx's certificate, put aside while another one is served."""

    folder = stack.RUN / "tls" / "nginx"

    def replace(self, days: float) -> None:
        """Serve a certificate of the stack's own CA with so many days left."""
        aside = self.folder.with_name("nginx-aside")
        shutil.copytree(self.folder, aside)
        with_days_left(days, stack.RUN / "tls", self.folder)
        self.reload()

    def restore(self) -> None:
        """Serve the stack's own certificate again."""
        aside = self.folder.with_name("nginx-aside")
        for path in aside.iterdir():
            shutil.copy2(path, self.folder / path.name)
        shutil.rmtree(aside)
        self.reload()

    @staticmethod
    def reload() -> None:
        """Have nginx read its files again."""
        stack.shell("nginx", "nginx -c /etc/stack/nginx/nginx.conf -s reload")


CERTIFICATE_SOON = Fault(
    "nginx's certificate has 5 days left",
    inject=lambda: Certificate().replace(5),
    remove=lambda: Certificate().restore(),
    expect={"certificate.days[nginx]": root("CRITICAL")},
)


def _log(level: str, times: int) -> str:
    now = datetime.now(UTC)
    lines = [
        f'{{"ts":"{(now + timedelta(milliseconds=number)).isoformat()}","level":"{level}","service":"agent-v3",'
        f'"msg":"written by a test, number {number}"}}'
        for number in range(times)
    ]
    return "\n".join(lines)


def _write_logs() -> None:
    name = stack.container("agent-v3")
    text = _log("ERROR", 12) + "\n" + _log("CRITICAL", 1) + "\n"
    stack.docker("exec", "-i", "-u", "agent-v3", name, "sh", "-c", "cat > /proc/1/fd/1", stdin=text)
    more = _log("ERROR", 110) + "\n"
    stack.docker("exec", "-i", "-u", "agent-v3", name, "sh", "-c", "cat >> /opt/agent-v3/logs/agent-v3.log", stdin=more)


# Injected last of its batch: the window of the demo is short.
LOGS = Fault(
    "errors in the log of agent-v3, on standard output and in its file",
    inject=_write_logs,
    remove=lambda: None,
    expect={
        "log.errors[agent-v3]": root("WARNING"),
        "log.criticals[agent-v3]": root("WARNING"),
        "log.errors[agent-v3-files]": root("CRITICAL"),
    },
)

NO_LIMIT = Fault(
    "redis without maxmemory",
    inject=lambda: stack.redis("config", "set", "maxmemory", "0"),
    remove=lambda: stack.redis("config", "set", "maxmemory", "64mb"),
    expect={
        "test_redis_maxmemory": root("WARNING"),
        "redis.memory": blocked("test_redis_maxmemory"),
    },
)

NO_ROLE = Fault(
    "the role of the suite is no member of pg_monitor any more",
    inject=lambda: stack.sql("REVOKE pg_monitor FROM conformance"),
    remove=lambda: stack.sql("GRANT pg_monitor TO conformance"),
    expect={
        "test_postgres_role": root("UNKNOWN", "no member of pg_monitor"),
        "postgres.connections": blocked("test_postgres_role"),
        "postgres.connections.share": blocked("test_postgres_role"),
        "postgres.locks.waiting": blocked("test_postgres_role"),
        "postgres.idle_in_transaction": blocked("test_postgres_role"),
    },
)

P95 = 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="agent-v3"}[20s])))'
ERRORS = 'sum(rate(http_requests_total{job="agent-v3",status=~"5.."}[20s])) / sum(rate(http_requests_total[20s]))'
RATE = '60 * sum(rate(http_requests_total{job="agent-v3"}[20s]))'

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


class Nginx:
    """nginx's configuration with one edit, put back afterwards."""

    path = stack.RUN / "config" / "nginx" / "conf.d" / "agent-v3.conf"
    original = ""

    def edit(self, old: str, new: str) -> None:
        """Replace a piece and reload."""
        Nginx.original = self.path.read_text(encoding="utf-8")
        assert old in Nginx.original
        self.path.write_text(Nginx.original.replace(old, new), encoding="utf-8")
        Certificate.reload()

    def restore(self) -> None:
        """Put the original back and reload."""
        self.path.write_text(Nginx.original, encoding="utf-8")
        Certificate.reload()


HEALTH = "    location = /health {\n"

REDIRECT = Fault(
    "nginx answers the health check with a redirect",
    inject=lambda: Nginx().edit(HEALTH, f"{HEALTH}        return 302 https://localhost/login;\n"),
    remove=lambda: Nginx().restore(),
    expect={
        "test_health[nginx]": root("CRITICAL", "302 to https://localhost/login"),
        "test_health_dependencies[nginx]": blocked("test_health[nginx]"),
    },
)

SLOW_HEALTH = Fault(
    "nginx lets the health answer drip",
    inject=lambda: Nginx().edit(HEALTH, f"{HEALTH}        limit_rate 160;\n"),
    remove=lambda: Nginx().restore(),
    expect={"health.time[nginx]": root("WARNING")},
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

REFUSES_WRITES = Fault(
    "redis is full and may evict nothing",
    inject=lambda: (
        stack.redis("config", "set", "maxmemory-policy", "noeviction"),
        _fill_redis(),
        stack.redis("config", "set", "maxmemory", "40mb"),
    ),
    remove=lambda: (
        stack.redis("config", "set", "maxmemory", "64mb"),
        stack.redis("config", "set", "maxmemory-policy", "allkeys-lru"),
        _empty_redis(),
    ),
    gone=lambda: _redis_share() < 60,
    expect={
        "test_redis_writes": root("CRITICAL", "refused: full under noeviction"),
        "redis.memory": follows("WARNING", "test_redis_writes"),
    },
)

FULL = Fault(
    "every connection slot of PostgreSQL is taken",
    inject=SESSIONS.open_all,
    remove=SESSIONS.close,
    expect={
        "test_postgres_answer": root("CRITICAL", "every connection slot is taken"),
        "postgres.connections": blocked("test_postgres_answer"),
        "postgres.connections.share": blocked("test_postgres_answer"),
        "postgres.locks.waiting": blocked("test_postgres_answer"),
        "postgres.idle_in_transaction": blocked("test_postgres_answer"),
        "test_postgres_role": blocked("test_postgres_answer"),
    },
)


SLOW_LOAD = "\nkey-load-delay 10000\nloading-process-events-interval-bytes 1024\n"


class Loading:
    """Redis that loads its data set so slowly that it can be watched."""

    path = stack.RUN / "config" / "redis" / "redis.conf"
    original = ""

    def inject(self) -> None:
        """Restart with a delay of 10 ms for each key; between two commands of its log it would not answer."""
        stack.redis("bgrewriteaof")
        stack.wait(lambda: "aof_rewrite_in_progress:0" in stack.redis("info", "persistence"), "the log is rewritten")
        Loading.original = self.path.read_text(encoding="utf-8")
        self.path.write_text(Loading.original + SLOW_LOAD, encoding="utf-8")
        stack.docker("restart", "-t", "2", stack.container("redis"))

    def remove(self) -> None:
        """Restart without it."""
        self.path.write_text(Loading.original, encoding="utf-8")
        stack.docker("restart", "-t", "1", stack.container("redis"))


LOADING = Fault(
    "redis is loading its data set",
    inject=lambda: Loading().inject(),
    remove=lambda: Loading().remove(),
    shows=lambda: "LOADING" in stack.redis("ping"),
    gone=lambda: stack.healthy("redis") and stack.healthy("agent-v3"),
    expect={
        "test_redis_loading": root("CRITICAL"),
        "test_redis_answer": follows("CRITICAL", "test_redis_loading", "LOADING"),
        "redis.memory": blocked("test_redis_loading"),
        "test_redis_writes": blocked("test_redis_loading"),
        "test_redis_save": blocked("test_redis_loading"),
        "redis.save.age": blocked("test_redis_loading"),
        "test_redis_maxmemory": blocked("test_redis_loading"),
    },
)


def _stop_processes(service: str) -> Fault:
    """Every process of a container stands still: the port answers, the server does not."""
    return Fault(
        f"{service} hangs",
        inject=lambda: stack.send(service, signal.SIGSTOP),
        remove=lambda: stack.send(service, signal.SIGCONT),
        gone=lambda: stack.healthy(service),
        patience=60,
        expect={},
    )


def _hung(service: str, **expect: Expect) -> Fault:
    return replace(_stop_processes(service), expect=expect)


HUNG = (
    _hung("redis", test_redis_answer=root("CRITICAL", "no answer within 2 s")),
    _hung("postgres", test_postgres_answer=root("CRITICAL", "no session within 3 s")),
    _hung("prometheus", test_prometheus_ready=root("CRITICAL", "no answer within 3 s")),
    _hung("alertmanager", test_alertmanager_ready=root("CRITICAL", "no answer within 3 s")),
    _hung("host", test_host_answer=root("UNKNOWN")),
)

PAUSED = Fault(
    "nginx is paused",
    inject=lambda: stack.docker("pause", stack.container("nginx")),
    remove=lambda: stack.docker("unpause", stack.container("nginx")),
    gone=lambda: stack.healthy("nginx"),
    expect={
        "test_state[nginx]": root("CRITICAL", "paused"),
        "test_health[nginx]": follows("CRITICAL", "test_state[nginx]"),
        "certificate.days[nginx]": blocked("test_state[nginx]"),
    },
)


def _crash() -> None:
    path = stack.RUN / "config" / "alertmanager" / "alertmanager.yml"
    shutil.copy2(path, path.with_suffix(".aside"))
    path.write_text("route: {receiver: nobody}\n", encoding="utf-8")
    stack.docker("restart", "-t", "1", stack.container("alertmanager"))


def _mend() -> None:
    path = stack.RUN / "config" / "alertmanager" / "alertmanager.yml"
    path.with_suffix(".aside").replace(path)
    stack.docker("restart", "-t", "1", stack.container("alertmanager"))


CRASH_LOOP = Fault(
    "alertmanager restarts again and again over a bad configuration",
    inject=_crash,
    remove=_mend,
    shows=lambda: (
        int(stack.inspect("alertmanager", ".RestartCount")) > 3
        and stack.inspect("alertmanager", ".State.Status") == "restarting"
    ),
    gone=lambda: stack.healthy("alertmanager") and stack.prometheus('up{job="alertmanager"}') == [1.0],
    expect={
        "test_state[alertmanager]": root("CRITICAL", "restarting"),
        "service.restarts[alertmanager]": follows("CRITICAL", "test_state[alertmanager]"),
    },
)

BATCHES = {
    "containers": (STRANGERS, RESTART, JOB, OUT_OF_MEMORY, MEMORY, ALERTMANAGER_STOPPED),
    "capacity": (
        REDIS_FULL, CONNECTIONS, SAVE_FAILS, TARGET_GONE, DISK, INODES, MOUNT, BACKUPS_GONE, BACKUPS_OLD,
        CERTIFICATE_SOON, LOGS,
    ),
    "answers": (NO_LIMIT, NO_ROLE, SLOW, REDIRECT, BACKUP_TINY, CRASH_LOOP),
    "failing": (FAILING, SLOW_HEALTH),
    "silent": (SILENT_TRAFFIC,),
    "refused": (REFUSES_WRITES,),
    "full": (FULL,),
    "loading": (LOADING, PAUSED),
    "hung": HUNG,
}  # fmt: skip
