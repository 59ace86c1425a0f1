"""Certificates that are wrong in one way each, and what listens where nobody should."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from conformance.target import _compose
from conformance.target_certificates import Certificate as Declared
from fixtures.tls import _sent, parse
from tests.probes.issuing import Issued, issue
from tests.stack import stack
from tests.stack.certificate import with_days_left
from tests.stack.fault import Expect, Fault, root
from tests.stack.faults.access import quiet
from tests.stack.faults.nginx import Certificate, Nginx

TLS = stack.RUN / "tls"
NGINX = Declared(endpoint="localhost:18443")
NAMES = ("agent-v3.example", "localhost")
STRANGER = "172.30.77.250"  # the host's address for whoever is not on it


class Served:
    """Another certificate in nginx's folder, loaded unless told otherwise; the stack's own comes back afterwards."""

    def __init__(self, make: Callable[[Path], None], *, load: bool = True) -> None:
        self._make, self._load = make, load
        self._aside = Certificate.folder.with_name("nginx-aside")

    def inject(self) -> None:
        """Put the files there, in place: the containers hold their folder."""
        shutil.copytree(Certificate.folder, self._aside)
        self._make(Certificate.folder)
        if self._load:
            Certificate.reload()

    def remove(self) -> None:
        """The stack's own files, loaded."""
        Certificate().restore()

    def shows(self) -> bool:
        """nginx serves what its file says, or just that it does not."""
        return not self._load or is_loaded()


def is_loaded() -> bool:
    """Whether nginx serves the certificate in its file: a reload takes a moment."""
    file = (Certificate.folder / "server.crt").read_bytes()
    return bool(parse(_sent(NGINX), "nginx").chain == parse(file, "file").chain)


def _write(one: Issued) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "server.crt").write_bytes(one.pem)
        (folder / "server.key").write_bytes(one.key_pem)

    return write


def _by_the_stack(names: tuple[str, ...]) -> Callable[[Path], None]:
    """A certificate for other names from the stack's own authority, made when it is needed."""

    def write(folder: Path) -> None:
        words = [
            "openssl",
            "x509",
            "-req",
            "-in",
            "-",
            "-CA",
            TLS / "ca" / "ca.crt",
            "-CAkey",
            _authority(),
            "-days",
            "60",
        ]
        _sign(folder, "ec -pkeyopt ec_paramgen_curve:P-256", words, names)

    return write


def _authority() -> Path:
    return next((TLS / "authority").glob("*.key"))


def _sign(folder: Path, key: str, words: list[object], names: tuple[str, ...]) -> None:
    extensions = folder.parent / "extensions.tests"
    extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n", encoding="ascii")
    request = f"openssl req -new -newkey {key} -nodes -subj /CN={names[0]} -keyout"
    asked = subprocess.run([*request.split(), folder / "server.key"], capture_output=True, timeout=30, check=True)
    done = subprocess.run(
        [*map(str, words), "-extfile", extensions, "-out", folder / "server.crt"],
        input=asked.stdout, capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    extensions.unlink()
    assert done.returncode == 0, done.stderr


def _forgeable(folder: Path) -> None:
    """RSA with 1024 bits, signed over SHA-1: no library makes such a one any more, the command still does."""
    words = [
        "openssl",
        "x509",
        "-req",
        "-sha1",
        "-in",
        "-",
        "-CA",
        TLS / "ca" / "ca.crt",
        "-CAkey",
        _authority(),
        "-days",
        "60",
    ]
    _sign(folder, "rsa:1024", words, NAMES)


def _followed_by_another(folder: Path) -> None:
    """The chain of another server behind our own certificate."""
    ours = (folder / "server.crt").read_bytes()
    (folder / "server.crt").write_bytes(ours + (TLS / "sink" / "sink.crt").read_bytes())


def served(name: str, make: Callable[[Path], None], expect: dict[str, Expect], *, load: bool = True) -> Fault:
    """A fault of the certificate."""
    one = Served(make, load=load)
    return Fault(name, inject=one.inject, remove=one.remove, expect=expect, shows=one.shows, gone=is_loaded)


EXPIRED = served(
    "nginx's certificate expired three days ago",
    lambda folder: with_days_left(-3, TLS, folder),
    {"certificate.days[nginx]": root("CRITICAL", "is -3")},
)
SELF_SIGNED = served(
    "nginx's certificate is its own issuer",
    _write(issue("agent-v3.example", names=NAMES)),
    {"test_certificate_chain[nginx]": root("CRITICAL", "self-signed certificate")},
)
WRONG_HOST = served(
    "nginx's certificate is for another host",
    _by_the_stack(("elsewhere.example",)),
    {"test_certificate_names[nginx]": root("CRITICAL", "not for localhost; not for agent-v3.example")},
)
NOT_LOADED = served(
    "the certificate was renewed, and nginx was not reloaded",
    lambda folder: with_days_left(84, TLS, folder),
    {"test_certificate_loaded[nginx]": root("WARNING", "another one: served until")},
    load=False,
)
STRANGE_CHAIN = served(
    "nginx sends a certificate that has nothing to do with its own",
    _followed_by_another,
    {"test_certificate_chain[nginx]": root("WARNING", "is followed by CN=sink")},
)


class Yesterday(Served):
    """nginx as it was set up ten years ago, with a certificate of that time."""

    def inject(self) -> None:
        """Its protocols first: with those of today it does not load such a certificate."""
        text = Nginx.path.read_text(encoding="utf-8")
        ciphers = next(line.strip() for line in text.splitlines() if "ssl_ciphers" in line)
        assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
        Nginx.original = text
        edited = text.replace("ssl_protocols TLSv1.2 TLSv1.3;", "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;")
        Nginx.path.write_text(edited.replace(ciphers, "ssl_ciphers ALL:eNULL:@SECLEVEL=0;"), encoding="utf-8")
        super().inject()

    def remove(self) -> None:
        """The certificate first, for the same reason."""
        super().remove()
        Nginx().restore()


OLD_TIMES = Yesterday(_forgeable)
YESTERDAY = Fault(
    "nginx speaks to everybody, with a certificate that can be forged",
    inject=OLD_TIMES.inject,
    remove=OLD_TIMES.remove,
    shows=OLD_TIMES.shows,
    gone=is_loaded,
    expect={
        "test_tls_versions[nginx]": root("WARNING", "TLS 1.0, TLS 1.1"),
        "test_tls_ciphers[nginx]": root("CRITICAL", "no encryption, no authentication"),
        "certificate.key.strength[nginx]": root("CRITICAL", "80"),
        "certificate.signature.strength[nginx]": root("CRITICAL", "61"),
    },
)

KEY_OPEN = Fault(
    "everybody on the host may read nginx's key",
    inject=lambda: (Certificate.folder / "server.key").chmod(0o644),
    remove=lambda: (Certificate.folder / "server.key").chmod(0o600),
    expect={"test_certificate_key_access[nginx]": root("CRITICAL", "may read")},
)

# A listener in a container, and a way through the host to PostgreSQL. Each writes down its number, by which it is
# ended: the host sees the processes of the whole machine, and a name could be somebody else's.
NUMBER = "/tmp/fault-of-the-tests.pid"
LISTENS = """import os, socket, time
open({number!r}, "w").write(str(os.getpid()))
server = socket.create_server(("0.0.0.0", 9999))
time.sleep(600)
"""
FORWARDS = """import os, socket, threading
open({number!r}, "w").write(str(os.getpid()))
def copy(one, other):
    while data := one.recv(65536):
        other.sendall(data)
server = socket.create_server(("0.0.0.0", 5432))
while True:
    one, _ = server.accept()
    other = socket.create_connection(("postgres", 5432))
    threading.Thread(target=copy, args=(one, other), daemon=True).start()
    threading.Thread(target=copy, args=(other, one), daemon=True).start()
"""


def _start(service: str, program: str) -> None:
    words = ("exec", "-d", stack.container(service), "python3", "-c", program.format(number=NUMBER))
    stack.docker(*words)


def _end(service: str) -> None:
    stack.shell(service, f"[ ! -s {NUMBER} ] || kill $(cat {NUMBER}); rm -f {NUMBER}")


def _listens(service: str, port: int) -> bool:
    return stack.shell(service, f"ss -Htln 'sport = :{port}'") != ""


STRANGE_LISTENER = Fault(
    "something listens in the container of logrotate",
    inject=lambda: _start("logrotate", LISTENS),
    remove=lambda: _end("logrotate"),
    shows=lambda: _listens("logrotate", 9999),
    gone=lambda: not _listens("logrotate", 9999),
    expect={"test_service_listeners[logrotate]": root("WARNING", "0.0.0.0:9999")},
)
FORWARDED = Fault(
    "the host forwards its port 5432 to PostgreSQL",
    inject=lambda: _start("host", FORWARDS),
    remove=lambda: _end("host"),
    shows=lambda: _listens("host", 5432),
    gone=lambda: not _listens("host", 5432),
    expect={
        "test_host_listeners": root("WARNING", "0.0.0.0:5432"),
        "test_service_listeners[host]": root("WARNING", "0.0.0.0:5432"),
        "test_private_reached[postgres]": root("CRITICAL", f"{STRANGER}:5432"),
    },
)


def _compose_up(*more: Path) -> None:
    files = [str(one) for path in (stack.CHECKOUT / "stack" / "compose.yaml", *more) for one in ("-f", path)]
    words = [*_compose().split(), "-p", stack.PROJECT, *files, "up", "-d", "--no-deps", "--no-build", "postgres"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=90, check=False, cwd=stack.CHECKOUT)
    assert done.returncode == 0, done.stderr


def _publish() -> None:
    more = stack.RUN / "published.tests.yaml"
    more.write_text('services: {postgres: {ports: ["0.0.0.0:25432:5432"]}}\n', encoding="ascii")
    _compose_up(more)
    more.unlink()


PUBLISHED = Fault(
    "PostgreSQL is published to everybody",
    inject=_publish,
    remove=_compose_up,
    # Both ways the server is made anew, and what it could not answer meanwhile stands in the access log.
    shows=lambda: stack.healthy("postgres") and quiet(),
    gone=lambda: stack.healthy("postgres") and stack.healthy("agent-v3") and quiet(),
    patience=90,
    expect={
        "test_published_ports[postgres]": root("WARNING", "0.0.0.0:25432:5432"),
        "test_private_published[postgres]": root("CRITICAL", "0.0.0.0:25432:5432"),
    },
)

# One certificate can be wrong at a time; what listens, and who may read a key, go beside it.
BATCHES = {
    "expired": (EXPIRED, KEY_OPEN),
    "self-signed": (SELF_SIGNED, STRANGE_LISTENER),
    "wrong host": (WRONG_HOST, FORWARDED),
    "not loaded": (NOT_LOADED,),
    "strange chain": (STRANGE_CHAIN,),
    "yesterday": (YESTERDAY,),
    "published": (PUBLISHED,),
}
