"""Collection: subjects become cases, and a check file that does not import becomes one case that says so."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.check import SUITES
from conformance.reading import NotMeasured


class BrokenFile(pytest.Item):
    """Stands for a check file that could not be imported, so that the rest of the suite still runs."""

    reason = ""
    sentence = "The file of these checks can be imported."

    def runtest(self) -> None:
        """Always UNKNOWN."""
        raise NotMeasured(self.reason, next_step=f"mend {self.path.name}")


class CheckFile(pytest.Module):
    """A test module below suites/ whose failed import is one UNKNOWN check."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """The items of the module, or one BrokenFile."""
        try:
            yield from super().collect()
        except (pytest.Collector.CollectError, pytest.UsageError) as error:
            yield self._broken(str(error))
        except (KeyboardInterrupt, pytest.exit.Exception):
            raise
        except BaseException as error:  # noqa: BLE001  whatever an import raises, a skip or an exit too, blinds no other file
            yield self._broken(f"{type(error).__name__}: {error}")

    def _broken(self, text: str) -> BrokenFile:
        # The folder too: a probe file that is gone breaks checks of the same file name in every cadence.
        name = "_".join(["import", *self.path.parts[-2:-1], self.path.stem])
        item: BrokenFile = BrokenFile.from_parent(self, name=name)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        item.reason = f"{self.path.name} cannot be imported: {lines[-1].removeprefix('E').strip() if lines else text}"
        for name, arguments in _marks(self.path):
            item.add_marker(getattr(pytest.mark, name)(*arguments))
        return item


def is_of_another_cadence(path: Path, cadence: str) -> bool:
    """True for a file of another folder that names cadences, and not this one: `-m daily` need not import it."""
    if path.parent.name.removesuffix("s") == cadence:
        return False
    named = _cadences(_text(path))
    return bool(named) and cadence not in named


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _cadences(text: str) -> list[str]:
    return [name for name in SUITES if re.search(rf"\bmark\.{name}\b", text)]


def _marks(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """The cadences and runbook ids that the text of a broken file names; its folder's where it names none."""
    text = _text(path)
    cadences = _cadences(text)
    if not cadences:
        folder = path.parent.name.removesuffix("s")
        cadences = [folder] if folder in SUITES else list(SUITES)
    ids = re.findall(r"runbook\(\s*[\"']([A-Z]+-\d+\.\d+)[\"']", text) or ["OPS-1.1"]
    return [(name, ()) for name in cadences] + [("runbook", (ids[0],))]
