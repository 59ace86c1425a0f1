"""`python3 -m sink`: the mail server in a thread of its own, the web server in the foreground."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from . import smtp, web
from .mailbox import Mailbox


def main() -> None:
    """Serve until SIGTERM."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    mailbox = Mailbox()
    smtp.server(mailbox, Path(os.environ.get("SINK_TLS", "/run/stack/tls"))).start()
    print(f"mail on {smtp.PORT}, web on {web.PORT}", flush=True)
    web.server(mailbox).serve_forever()


if __name__ == "__main__":
    main()
