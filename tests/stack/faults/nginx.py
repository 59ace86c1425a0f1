"""nginx: its certificate, and what becomes of the health check behind it."""

import shutil

from tests.stack import stack
from tests.stack.certificate import with_days_left
from tests.stack.fault import Fault, blocked, root


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
