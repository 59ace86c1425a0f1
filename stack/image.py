"""The stack's one image: on a base from a registry where one answers, else on one that mmdebstrap builds."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from . import paths
from .console import Step, say, step
from .engine import Engine, tail
from .trouble import Trouble

NAME = "agentv3/stack:local"
BASE_REPOSITORY = "agentv3/base"
_REGISTRY_BASE = "debian:bookworm-slim"
_PULL_S = 15
_INPUTS_LABEL = "agentv3.inputs"
# What the Dockerfile gets to copy.
_COPIED = ("bin", "agent_v3", "traffic", "sink")
# What the backup job counts the rows of a dump with: of the suite itself, and standard library only.
_MANIFEST = ("__init__.py", "quotes.py", "dump.py", "dump_roles.py", "manifest.py", "backup_manifest.py")

_MIRROR = "http://deb.debian.org"
_SOURCES = (
    f"deb {_MIRROR}/debian bookworm main",
    f"deb {_MIRROR}/debian bookworm-updates main",
    f"deb {_MIRROR}/debian-security bookworm-security main",
)
# The same that the Dockerfile leaves out, for the same reasons; and no fsync, which takes half of the time.
_MMDEBSTRAP = (
    "mmdebstrap",
    "--variant=minbase",
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/javascript/moment-timezone/*",
    "--dpkgopt=path-exclude=/usr/share/nodejs/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    '--aptopt=APT::Install-Recommends "false"',
    '--customize-hook=rm -rf "$1"/var/lib/postgresql/15 "$1"/etc/postgresql/15',
    '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*',
)


def ensure(engine: Engine) -> str:
    """Build the image where it is missing or its inputs have changed; its id (sha256:...). Raises Trouble."""
    context = _context()
    inputs = hashlib.sha256(context).hexdigest()
    if engine.image_id(NAME, _INPUTS_LABEL) != inputs:
        base = _base(engine)
        with step(f"Building {NAME} on {base}") as under_way:
            _build(base, context, inputs, under_way)
    identity = engine.image_id(NAME)
    if identity is None:
        raise Trouble(f"{NAME} was built and is not there: something else removed it; run the command again.")
    return identity


def remove(engine: Engine) -> None:
    """Remove the image and every base that was built for it; raises Trouble where one is still in use."""
    built = engine.docker("images", "--quiet", "--filter", f"label={_INPUTS_LABEL}").split()
    bases = engine.docker("images", "--quiet", BASE_REPOSITORY).split()
    for image in dict.fromkeys(built + bases):
        engine.docker("image", "rm", "--force", image)


def forget_old(engine: Engine) -> None:
    """Remove builds that have lost their name to a newer one and that no container uses."""
    engine.docker("image", "prune", "--force", "--filter", f"label={_INPUTS_LABEL}")


def _packages() -> list[str]:
    lines = (line.strip() for line in paths.PACKAGES.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _files() -> list[Path]:
    """Everything that the image is made of, in an order that is always the same."""
    files = [paths.DOCKERFILE, paths.PACKAGES]
    for folder in _COPIED:
        tree = (paths.STACK / folder).rglob("*")
        files += sorted(path for path in tree if path.is_file() and "__pycache__" not in path.parts)
    return [*files, *(paths.STACK.parent / "conformance" / name for name in _MANIFEST)]


def _context() -> bytes:
    """The build's context as a tar.

    Modes and times are set here: neither a checkout's umask nor its age matters to image or cache.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in _files():
            content = path.read_bytes()
            inside = path.is_relative_to(paths.STACK)
            member = tarfile.TarInfo(str(path.relative_to(paths.STACK if inside else paths.STACK.parent)))
            member.size = len(content)
            member.mode = 0o755 if path.parent.name == "bin" else 0o644
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _base(engine: Engine) -> str:
    """The image to build on, by whatever way can be had."""
    recipe = "\n".join([*_MMDEBSTRAP, *_SOURCES, *_packages()])
    built = f"{BASE_REPOSITORY}:{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    for known in (built, _REGISTRY_BASE):
        if engine.image_id(known):
            return known
    if _pulled():
        return _REGISTRY_BASE
    _need_mmdebstrap()
    with step("Building the base image from Debian's packages with mmdebstrap") as under_way:
        _bootstrap(built, under_way)
    return built


def _pulled() -> bool:
    """Whether a registry gave us the base within the time that a registry is given."""
    say(f"Is there a registry? Pulling {_REGISTRY_BASE}, for at most {_PULL_S} s.")
    try:
        done = subprocess.run(
            ["docker", "pull", "--quiet", _REGISTRY_BASE], capture_output=True, timeout=_PULL_S, check=False
        )
    except subprocess.TimeoutExpired:
        pass
    else:
        if done.returncode == 0:
            return True
    say("No registry gave it: the base image is built here instead.")
    return False


def _need_mmdebstrap() -> None:
    """Install mmdebstrap where that is ours to do; raises Trouble where it is not."""
    if shutil.which("mmdebstrap"):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Trouble(
            "No registry answers and `mmdebstrap` is missing, so that no base image can be had: install it"
            " (sudo apt install mmdebstrap), or make a registry reachable."
        )
    with step("Installing mmdebstrap (apt-get, as root)"), paths.BASE_LOG.open("wb") as log:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "--no-install-recommends", "mmdebstrap"]
        for command in (["apt-get", "update"], install):
            subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False)
    if shutil.which("mmdebstrap") is None:
        raise Trouble(f"apt-get could not install mmdebstrap:\n{tail(paths.BASE_LOG)}")


def _bootstrap(name: str, under_way: Step) -> None:
    """Build a root file system with every package, and import it as image `name`."""
    make = [*_MMDEBSTRAP, f"--include={','.join(_packages())}", "bookworm", "-", *_SOURCES]
    take = ["docker", "import", "--change", 'CMD ["bash"]', "-", name]
    with paths.BASE_LOG.open("wb") as log:
        maker = subprocess.Popen(make, stdout=subprocess.PIPE, stderr=log)
        taker = subprocess.Popen(take, stdin=maker.stdout, stdout=log, stderr=log)
        assert maker.stdout is not None
        maker.stdout.close()  # the taker has it; held here too, it would hide the taker's end from the maker
        try:
            _watch(maker, paths.BASE_LOG, under_way)
            taker.wait()
        except BaseException:
            maker.terminate()
            taker.kill()
            raise
    if maker.returncode or taker.returncode:
        subprocess.run(["docker", "image", "rm", "--force", name], capture_output=True, check=False)
        raise Trouble(f"The base image could not be built ({paths.BASE_LOG}):\n{tail(paths.BASE_LOG)}")


def _build(base: str, context: bytes, inputs: str, under_way: Step) -> None:
    command = ["docker", "build", "--build-arg", f"BASE={base}", "--label", f"{_INPUTS_LABEL}={inputs}"]
    with paths.BUILD_LOG.open("wb") as log, tempfile.TemporaryFile() as tar:
        tar.write(context)
        tar.seek(0)
        builder = subprocess.Popen([*command, "--tag", NAME, "-"], stdin=tar, stdout=log, stderr=subprocess.STDOUT)
        try:
            _watch(builder, paths.BUILD_LOG, under_way)
        except BaseException:
            builder.terminate()
            raise
    if builder.returncode:
        raise Trouble(f"The image could not be built ({paths.BUILD_LOG}):\n{tail(paths.BUILD_LOG)}")


def _watch(process: subprocess.Popen[bytes], log: Path, under_way: Step) -> None:
    """Show the log's newest telling line until the process ends."""
    while True:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith(("I:", "Step"))]
        if lines:
            under_way.now(lines[-1].removeprefix("I: ").partition("set -eu")[0].strip())
        try:
            process.wait(0.5 if sys.stdout.isatty() else 2.0)
        except subprocess.TimeoutExpired:
            continue
        return
