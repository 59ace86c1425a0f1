"""What a healthy daily run costs, beside the runbook's own script, on the same stack in the same minutes.

Run it by `make bench`. It prints medians and ratios of interleaved runs; it asserts nothing about time.
The slowest probe is the one whose process (interpreter, its own libraries, its measurement) takes longest.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer

CHECKOUT = Path(__file__).parents[2]
PYTHON = sys.executable


def wall(command: list[str], environ: dict[str, str]) -> float:
    """Seconds of one whole process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, check=False)
    return time.perf_counter() - start


def probes(daily: list[str], environ: dict[str, str]) -> list[str]:
    """The names of the probes that a daily run starts, as one tells."""
    with tempfile.TemporaryDirectory() as folder:
        wall([*daily, f"--run-dir={folder}"], environ)
        record = json.loads((Path(folder) / "results.json").read_text(encoding="utf-8"))
    return sorted(record["run"]["cost"]["probes_s"])


def compose() -> str:
    """`docker compose` where the engine's client has it, else docker-compose."""
    done = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return "docker compose" if done.returncode == 0 or not shutil.which("docker-compose") else "docker-compose"


def main(rounds: int = 7) -> None:
    """Measure in turn and print."""
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    environ["COMPOSE"] = compose()
    empty = CHECKOUT / "tests" / "bench" / "empty"
    commands = {
        "runbook script": ["bash", "tests/bench/runbook_script.sh"],
        "empty pytest": [
            PYTHON,
            "-m",
            "pytest",
            "-q",
            f"--rootdir={empty}",
            "-c",
            str(empty / "pytest.toml"),
            str(empty),
        ],
        "daily": [PYTHON, "-m", "pytest", "-m", "daily", "--target", "demo"],
    }
    started = probes(commands["daily"], environ)
    alone = {name: [PYTHON, "tests/bench/one_probe.py", name] for name in started}
    slowest = max(alone, key=lambda name: min(wall(alone[name], environ) for _ in range(3)))
    commands[f"slowest probe ({slowest})"] = alone[slowest]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            seconds = wall(command, environ)
            if number:  # the first round fills caches
                times[name].append(seconds)
    report(times)


def report(times: dict[str, list[float]]) -> None:
    """Print medians with ranges, and the two ratios."""
    middle = {name: statistics.median(found) for name, found in times.items()}
    for name, found in times.items():
        typer.echo(f"{name:<40} {middle[name]:6.2f} s   ({min(found):.2f} to {max(found):.2f}, {len(found)} runs)")
    script, empty, daily, slowest = (middle[name] for name in times)
    pairs = [one / other for one, other in zip(times["daily"], times["runbook script"], strict=True)]
    typer.echo(
        f"daily / script                {daily / script:6.2f}   (pair by pair {statistics.median(pairs):.2f}; goal .25)"
    )
    typer.echo(f"daily / (empty + slowest)     {daily / (empty + slowest):6.2f}   (goal 1.5)")


if __name__ == "__main__":
    typer.run(main)
