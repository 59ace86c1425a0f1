"""`python -m stack up|down|clean|status`."""

from __future__ import annotations

import argparse
import sys

from . import deployment
from .trouble import Trouble


def main() -> int:
    """Run one command; 0 where it did what it says, 1 where not, 130 where it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m stack", description="The reference Agent-V3 deployment.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("up", help="start everything, and wait until it is fit to be examined")
    commands.add_parser("down", help="take containers, networks and volumes away; images stay")
    commands.add_parser("clean", help="down, and remove images and generated files too")
    commands.add_parser("status", help="one line for each service; exit code 1 unless all are ready")
    command = parser.parse_args().command
    try:
        if command == "status":
            return 0 if deployment.status() else 1
        {"up": deployment.up, "down": deployment.down, "clean": deployment.clean}[command]()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
