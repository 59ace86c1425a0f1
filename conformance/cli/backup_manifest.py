"""`conformance backup-manifest`: between pg_dump and gzip, count what is written."""

from pathlib import Path
from typing import Annotated

import typer

from conformance import backup_manifest as job


def backup_manifest(
    manifest: Annotated[Path, typer.Argument(help="the manifest to write: the name of the backup and .manifest")],
) -> None:
    """Pass a dump on from standard input to standard output, and write its manifest; exit 1 where it is cut off.

    pg_dump DB | conformance backup-manifest F.sql.gz.manifest | gzip >F.sql.gz. Of a custom or directory dump:
    pg_restore -f - F | conformance backup-manifest F.manifest >/dev/null
    """
    raise typer.Exit(job.main([str(manifest)]))
