"""Between pg_dump and gzip: passes the dump on unchanged, counts its rows and writes the manifest at the end.

`conformance backup-manifest` in the suite's environment; `python3 -m conformance.backup_manifest` with Python alone.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from conformance import manifest
from conformance.dump import LineTooLong, Reader

PIECE = 1 << 18


def write(path: Path, source: BinaryIO, sink: BinaryIO) -> str:
    """Copy `source` to `sink` and write the manifest; a sentence on what is wrong, empty where all is well.

    No manifest is left of a dump without its end mark: a job that fails must not look like one that did not.
    """
    path.unlink(missing_ok=True)
    reader, trouble = Reader(), ""
    while piece := source.read(PIECE):
        sink.write(piece)
        if not trouble:
            try:
                reader.feed(piece)
            except LineTooLong as error:  # the dump goes its way all the same
                trouble = f"{error}: no manifest was written"
    sink.flush()
    if trouble:
        return trouble
    dump, _ = reader.finish()
    if not dump.ended:
        return f"the dump has no end mark ({dump.size} bytes, {dump.kind}): no manifest was written"
    partial = path.with_name(f"{path.name}.partial")
    written = manifest.of(dump, datetime.now(UTC).isoformat(timespec="seconds"), str(path))
    partial.write_text(written.as_json(), encoding="utf-8")
    partial.replace(path)
    return ""


def main(words: list[str]) -> int:
    """The exit code: 0 where the manifest was written, 1 where not, 2 for a slip in the command line."""
    if len(words) != 1 or words[0].startswith("-"):
        _say(f"usage: pg_dump ... | python3 -m conformance.backup_manifest FILE{manifest.SUFFIX} | gzip >FILE")
        return 2
    try:
        trouble = write(Path(words[0]), sys.stdin.buffer, sys.stdout.buffer)
    except OSError as error:
        # Whoever reads from us has gone, or the disk is full; Python would flush once more at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        trouble = f"{error.filename or 'the dump'}: {error.strerror}: no manifest was written"
    if trouble:
        _say(f"backup-manifest: {trouble}")
    return 1 if trouble else 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
