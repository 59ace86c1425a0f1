"""`conformance logs`: the look-ups of the runbook for a person: live, by time, by service, by level and by word."""

import heapq
import os
import queue
import re
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer

from conformance import duration, settings
from conformance.reading import now
from conformance.redact import Redactor
from conformance.settings import Settings
from fixtures import stream
from fixtures.stream import LEVELS, Line, Wanted

WAITING = 1_000  # lines that may wait to be printed while several logs are followed


def logs(
    *,
    target: Annotated[str, typer.Option(envvar="CONFORMANCE_TARGET", help="the deployment: targets/NAME.yaml")],
    service: Annotated[
        list[str] | None, typer.Option(help="a service, or a log of the target; all its logs by default")
    ] = None,
    since: Annotated[str, typer.Option(help="30m, 2h, 1d, or a time such as 2026-01-31T10:00:00Z (UTC)")] = "1h",
    until: Annotated[str | None, typer.Option(help="the same; now by default")] = None,
    level: Annotated[str | None, typer.Option(help=f"this level and above: {', '.join(LEVELS)}")] = None,
    grep: Annotated[str | None, typer.Option(help="lines with this regular expression")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="go on with new lines; Ctrl-C ends it")] = False,
    checkout: Annotated[Path, typer.Option(help="the checkout")] = Path(),
) -> None:
    """Print the lines of logs of containers and files; exit 1 where there is none, 3 where they cannot be read."""
    # Ctrl-C is how a person ends --follow, also where the shell started this with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        told = settings.load(checkout.resolve(), target)
        wanted = _wanted(since, until, level, grep)
        names = _names(told, service or [])
    except (pytest.UsageError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(4) from None
    if follow and until:
        typer.echo("--follow goes on for ever: leave --until out", err=True)
        raise typer.Exit(4)
    raise typer.Exit(_print(told, names, wanted, follow=follow))


def _wanted(since: str, until: str | None, level: str | None, grep: str | None) -> Wanted:
    """What was asked for; raises ValueError with the accepted form."""
    if level is not None and level.lower() not in LEVELS:
        raise ValueError(f"--level {level}: write one of {', '.join(LEVELS)}")
    try:
        pattern = re.compile(grep) if grep else None
    except re.error as error:
        raise ValueError(f"--grep {grep}: {error}") from None
    first, last = _moment(since), _moment(until) if until else None
    if first > now():
        raise ValueError(
            f"--since {since} is yet to come ({_said(first)}): write 30m, 2h, 1d, or a time in UTC that is past"
        )
    if last is not None and first >= last:
        raise ValueError(
            f"--since {since} ({_said(first)}) is not before --until {until} ({_said(last)}): exchange them"
        )
    return Wanted(first, last, (level or "").lower(), pattern)


def _said(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime:
    """'30m' ago, or an ISO time, which is UTC where it names no zone; raises ValueError."""
    try:
        return now() - timedelta(seconds=duration.seconds(text))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time: write 30m, 2h, 1d, or 2026-01-31T10:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _names(told: Settings, asked: list[str]) -> list[str]:
    """The logs and services that were asked for; raises ValueError for one that the target does not have."""
    known = {**dict.fromkeys(told.target.logs), **dict.fromkeys(told.target.services)}
    for name in asked:
        if name not in known:
            raise ValueError(f"--service {name}: {told.target.name} has {', '.join(known)}")
    # A log of files is mostly the same lines once more: it is read where it is asked for.
    return asked or [name for name, log in told.target.logs.items() if log.files is None] or list(told.target.logs)


def _print(told: Settings, names: list[str], wanted: Wanted, *, follow: bool) -> int:
    """Print the wanted lines as they come; 0, or 1 where there was none, 3 where a log cannot be read."""
    redact, printed, troubles = Redactor(told.secrets), False, list[str]()
    try:
        with ExitStack() as stack:
            streams = [_safely(one, troubles) for one in _streams(told, names, wanted, stack, troubles, follow=follow)]
            several = len(streams) > 1
            for line in _together(streams, wanted, follow=follow):
                printed = True
                sys.stdout.write(redact(f"{line.source} | {line.text}" if several else line.text) + "\n")
                if follow:
                    sys.stdout.flush()
            sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough; nothing more is to be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 0
    for trouble in troubles:
        typer.echo(f"a log cannot be read: {redact(trouble)}", err=True)
    if troubles:
        return 3
    if not printed:
        typer.echo(f"no such line in {', '.join(names)}", err=True)
    return 0 if printed else 1


def _safely(found: Iterator[Line], troubles: list[str]) -> Iterator[Line]:
    """A log to its end; where it cannot be read any more, the others go on."""
    with _noting(troubles):
        yield from found


@contextmanager
def _noting(troubles: list[str]) -> Iterator[None]:
    """Note why a log cannot be read."""
    import docker
    import requests

    try:
        yield
    except docker.errors.NotFound as error:
        troubles.append(f"{error.explanation}: it is gone since it was listed, so ask again")
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        troubles.append(str(error))


def _streams(
    told: Settings, names: list[str], wanted: Wanted, stack: ExitStack, troubles: list[str], *, follow: bool
) -> Iterator[Iterator[Line]]:
    engine: list[Any] = []
    for name in names:
        log = told.target.logs.get(name)
        with _noting(troubles):
            if log is not None and log.files is not None:
                yield stack.enter_context(stream.of_files(told.target, name, log.files, wanted, follow=follow))
                continue
            engine = engine or [_engine(told.target.docker, stack)]
            service = (log.service if log else None) or name
            yield from stream.of_service(engine[0], told.target.compose.project, service, wanted, follow=follow)


def _engine(address: str, stack: ExitStack) -> Any:
    """A connection that waits for a day: a log that is followed may be silent for hours."""
    import docker

    api = docker.APIClient(base_url=address, timeout=86_400, version="auto")
    stack.callback(api.close)
    return api


def _together(streams: list[Iterator[Line]], wanted: Wanted, *, follow: bool) -> Iterable[Line]:
    """The wanted lines of all streams by time; of those that are followed as they come."""
    chosen = [stream.select(one, wanted) for one in streams]
    if not follow or len(chosen) < 2:
        return heapq.merge(*chosen, key=lambda line: line.moment)
    return _as_they_come(chosen)


def _as_they_come(streams: list[Iterator[Line]]) -> Iterator[Line]:
    waiting: queue.Queue[Line | BaseException | None] = queue.Queue(WAITING)

    def pump(one: Iterator[Line]) -> None:
        try:
            for line in one:
                waiting.put(line)
        except BaseException as error:  # noqa: BLE001  handed over to the thread that prints
            waiting.put(error)
        waiting.put(None)

    for one in streams:
        threading.Thread(target=pump, args=(one,), daemon=True).start()
    open_ones = len(streams)
    while open_ones:
        found = waiting.get()
        if isinstance(found, BaseException):
            raise found
        if found is None:
            open_ones -= 1
        else:
            yield found
