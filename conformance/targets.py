"""targets/NAME.yaml as a file: `${NAME}` filled in, validated, its overrides applied to the rows."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance import document
from conformance.document import BadFile, Document, Slip
from conformance.pattern import names_any, nearest
from conformance.target import NotApplicable, Target
from conformance.threshold import Row, applied, loosens


def available(folder: Path) -> list[str]:
    """The names of the targets that there are."""
    return sorted(path.stem for path in folder.glob("*.yaml") if path.is_file())


def load(path: Path, environ: Mapping[str, str], checkout: Path) -> tuple[Target, Document, frozenset[str]]:
    """Read and validate a target; the last of the three are the values that must never be shown.

    Raises BadFile, also for a `${NAME}` that is set neither in the environment nor in `env_file`.
    """
    source = document.load(path)
    if isinstance(source.data, dict):
        root = checkout / str(source.data.get("root", "."))
        source = Document(path, {**source.data, "root": str(root)}, source.lines)
        values = {**_env_file(source, root), **environ}
        names = _named(source.data)
        source = _expanded(source, values)
        try:
            target = document.validate(source, Target, _known_keys)
        except BadFile as error:
            raise BadFile(_hidden(error.slips, {name: values[name] for name in names})) from None
    else:
        target = document.validate(source, Target, _known_keys)
    slips = list(_inconsistent(target, source))
    if slips:
        raise BadFile(slips)
    return target, source, _secrets(target)


def with_overrides(target: Target, source: Document, rows: Mapping[str, Row]) -> dict[str, Row]:
    """The rows in force on this target; raises BadFile for an override that is unknown, out of order or unapproved."""
    slips: list[Slip] = []
    result = dict(rows)
    for name, override in target.overrides.items():
        place = ("overrides", name)
        if name not in rows:
            slips.append(source.slip(place, f"overrides.{name}: thresholds.yaml has no such row"))
            continue
        try:
            merged = applied(rows[name], override)
        except ValueError as error:
            text = str(error).splitlines()[-1] if "\n" not in str(error) else _first_value_error(error)
            slips.append(source.slip(place, f"overrides.{name}: {text}"))
            continue
        loosened = loosens(rows[name], override)
        if loosened and not (override.approver and override.review):
            keys = ", ".join(loosened)
            slips.append(source.slip(place, f"overrides.{name}: loosens {keys}: add approver and review (a date)"))
        if not override.is_due:
            result[name] = merged
    slips += [
        source.slip(("settings", name), f"settings.{name}: thresholds.yaml has no such row")
        for name in target.settings
        if name not in rows
    ]
    if slips:
        raise BadFile(slips)
    return result


def unknown(target: Target, source: Document, names: Iterable[str]) -> list[Slip]:
    """A slip for every `not_applicable` that names no check: it would leave in what it means to leave out."""
    known = sorted(names)
    return [
        source.slip(
            ("not_applicable", number, "check"),
            f"not_applicable.{number}.check: {one.check!r} names no check below suites/: {nearest(one.check, known)}",
        )
        for number, one in enumerate(target.not_applicable)
        if not names_any(one.check, known)
    ]


def due(target: Target, source: Document) -> list[str]:
    """What was to be reviewed and holds no longer, a sentence each with file and line."""
    slips = [
        source.slip(("overrides", name), f"overrides.{name} was to be reviewed on {one.review}: the row itself holds")
        for name, one in target.overrides.items()
        if one.is_due
    ]
    slips += [
        source.slip(
            ("not_applicable", number), f"not_applicable {one.check} was to be reviewed on {one.review}: it counts"
        )
        for number, one in enumerate(target.not_applicable)
        if one.is_due
    ]
    return [f"{slip} again; renew the date or remove the entry" for slip in slips]


def _first_value_error(error: ValueError) -> str:
    details: list[Any] = getattr(error, "errors", list)()
    return str(details[0]["msg"]).removeprefix("Value error, ") if details else str(error)


def _known_keys(key: document.Key) -> str:
    if len(key) == 1:
        return f": a target has {', '.join(sorted(Target.model_fields))}"
    if key[0] == "not_applicable":
        return f": an entry has {', '.join(NotApplicable.model_fields)}"
    return ""


def _env_file(source: Document, root: Path) -> dict[str, str]:
    name = source.data.get("env_file")
    if not isinstance(name, str):
        return {}
    try:
        text = (root / name).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        why = error.strerror or str(error)
        raise BadFile(
            [source.slip(("env_file",), f"env_file: {root / name}: {why}: write it or start the stack")]
        ) from None
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip().removeprefix("export "): value.strip().strip("'\"") for name, value in pairs}


def _inconsistent(target: Target, source: Document) -> Iterator[Slip]:
    if target.name != source.path.stem:
        yield source.slip(("name",), f"name: is {target.name!r} in a file named {source.path.name}: make them one")
    for name, service in target.services.items():
        for other in service.depends_on:
            if other not in target.services:
                place = ("services", name, "depends_on")
                yield source.slip(place, f"services.{name}.depends_on names {other!r}, which is no service here")
    admin = target.nginx.admin if target.nginx else None
    if admin and admin.namespace and not target.disposable:
        yield source.slip(
            ("nginx", "admin", "namespace"),
            "nginx.admin.namespace: takes addresses away from their owners: only where disposable is true",
        )
    yield from _strangers(target, source)


def _strangers(target: Target, source: Document) -> Iterator[Slip]:
    """Names of services that are none."""
    for name in target.postgres.pools if target.postgres else ():
        if name not in target.services:
            yield source.slip(("postgres", "pools", name), f"postgres.pools names {name!r}, which is no service here")
    for key, names in target.listeners.named.items() if target.listeners else ():
        for name in names:
            if name not in target.services:
                yield source.slip(("listeners", key), f"listeners.{key} names {name!r}, which is no service here")


def _named(data: Any) -> set[str]:
    """The names of all `${NAME}` in a document."""
    if isinstance(data, str):
        return set(re.findall(r"\$\{([^}]*)\}", data))
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return set().union(*map(_named, children))


def _hidden(slips: Iterable[Slip], values: Mapping[str, str]) -> Iterator[Slip]:
    """The slips with `${NAME}` where they quote its value, which may be a secret in the wrong place."""
    for slip in slips:
        text = slip.text
        for name, value in values.items():
            text = text.replace(value, f"${{{name}}}") if len(value) >= 4 else text
        yield Slip(slip.path, slip.line, text)


def _expanded(source: Document, environ: Mapping[str, str]) -> Document:
    slips: list[Slip] = []

    def expand(value: Any, key: document.Key) -> Any:
        if isinstance(value, dict):
            return {name: expand(child, (*key, name)) for name, child in value.items()}
        if isinstance(value, list):
            return [expand(child, (*key, number)) for number, child in enumerate(value)]
        if not isinstance(value, str):
            return value
        for name in re.findall(r"\$\{([^}]*)\}", value):
            if name not in environ:
                where = ".".join(map(str, key))
                slips.append(source.slip(key, f"{where}: ${{{name}}} is not set: export it or add it to env_file"))
        return re.sub(r"\$\{([^}]*)\}", lambda match: environ.get(match[1], ""), value)

    data = expand(source.data, ())
    if slips:
        raise BadFile(slips)
    return Document(source.path, data, source.lines)


def _secrets(target: Target) -> frozenset[str]:
    parts = (target.postgres, target.redis)
    return frozenset(part.password.get_secret_value() for part in parts if part and part.password.get_secret_value())
