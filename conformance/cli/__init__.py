"""The `conformance` command: a file per verb."""

import typer

from conformance.cli import backup_manifest, logs, render, signoff, validate

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The Agent-V3 runbook, executable.")
app.command("validate")(validate.validate)
app.command("render")(render.render)
app.command("signoff")(signoff.signoff)
app.command("logs")(logs.logs)
app.command("backup-manifest")(backup_manifest.backup_manifest)
