"""What the tests of the probes share: a run without pytest, and small real servers on loopback."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.causes import Fault, Faults
from conformance.probes import REGISTRY, Probing
from conformance.reading import NotMeasured
from conformance.target import Target
from fixtures.host import Facts

Handler = Callable[[socket.socket], object]


def target(**keys: Any) -> Target:
    """A target that declares nothing but what is given."""
    plain: dict[str, Any] = {"name": "toy", "environment": "test", "host": "local://", "compose": {"project": "toy"}}
    return Target.model_validate(plain | keys)


def probing(*, results: dict[str, Any] | None = None, windows: dict[str, int] | None = None, **keys: Any) -> Probing:
    """A run against such a target; `results` are what the other probes returned."""
    return Probing(target(**keys), Faults(), {}, windows or {}, {}, (results or {}).__getitem__)


def measure(name: str, run: Probing) -> Any:
    """Run a probe here, without its thread and its time-out."""
    return REGISTRY[name].function(run)


def unmeasured(name: str, run: Probing) -> NotMeasured:
    """The NotMeasured that a probe raises."""
    with pytest.raises(NotMeasured) as caught:
        measure(name, run)
    return caught.value


def body(fixture: Any) -> Any:
    """The function under a fixture."""
    return fixture.__wrapped__


def fault(run: Probing, part: str) -> Fault | None:
    """The fault of a part that a probe reported."""
    return run.faults.cause([part], of="", in_run=lambda _: True)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if the block takes longer."""
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert took < seconds, f"took {took:.2f} s, allowed {seconds} s"


class Loopback:
    """A server on a free port of 127.0.0.1; each connection is handed to the handler in a thread of its own."""

    def __init__(self, handler: Handler, context: ssl.SSLContext | None = None) -> None:
        self._handler, self._context = handler, context
        self._stop = threading.Event()
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(plain)
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), plain:
            if self._context is None:
                self._handler(plain)
            else:
                with self._context.wrap_socket(plain, server_side=True) as secure:
                    self._handler(secure)

    def close(self) -> None:
        """Hang up on everybody."""
        self._stop.set()
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def hang(connection: socket.socket) -> None:
    """Read for ever and say nothing."""
    while connection.recv(4096):
        pass


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def facts(**sections: str) -> Facts:
    """What a host said, asked at 100 s and answered at 101 s."""
    return Facts(sections, "ssh://x", 100.0, 101.0)
