"""What does a request ask for, and is it sensible?

WordPress checks every parameter before it does anything and names all bad ones in one answer;
parameters it does not know are ignored. Dates are here too, with all their measured oddities, and
the bodies of writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import flask
import orjson

from demo.api.wire import SITE_TIME, Json, Refused

DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d(?::\d\d)?)?", re.ASCII
)
TRUE, FALSE = ("1", "true", "TRUE", "True"), ("0", "false", "FALSE", "False", "")


class Asked:
    """The query string of the current request; call `settle()` when everything has been asked."""

    def __init__(self) -> None:
        self.args = flask.request.args
        self.bad: dict[str, Json] = {}

    def settle(self) -> None:
        if self.bad:
            raise Refused(
                400,
                "rest_invalid_param",
                f"Invalid parameter(s): {', '.join(self.bad)}",
                {
                    "params": {name: fault["message"] for name, fault in self.bad.items()},
                    "details": self.bad,
                },
            )

    def complain(self, name: str, code: str, message: str, data: Json | None = None) -> None:
        self.bad[name] = {"code": code, "message": message, "data": data}

    def text(self, name: str) -> str | None:
        return self.args.get(name) or None

    def flag(self, name: str) -> bool:
        value = self.args.get(name, "")
        if value not in TRUE + FALSE:
            self._wrong_type(name, name, "boolean")
        return value in TRUE

    def whole(
        self, name: str, default: int, low: int | None = None, high: int | None = None
    ) -> int:
        if name not in self.args:
            return default
        value = _integer(self.args[name])
        if value is None:
            self._wrong_type(name, name, "integer")
            return default
        if low is not None and high is not None and not low <= value <= high:
            message = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
            self.complain(name, "rest_out_of_bounds", message)
        elif low is not None and value < low:
            message = f"{name} must be greater than or equal to {low}"
            self.complain(name, "rest_out_of_bounds", message)
        return value

    def one_of(self, name: str, choices: Sequence[str], default: str) -> str:
        value = self.args.get(name, default)
        if value not in choices:
            self._not_in(name, name, choices)
            return default
        return value

    def some_of(self, name: str, choices: Sequence[str]) -> list[str]:
        """A list parameter: separated by commas, or given as `name[]`."""
        values = self._list(name)
        for place, value in enumerate(values):
            if value not in choices:
                self._not_in(name, f"{name}[{place}]", choices)
        return values

    def ids(self, name: str) -> list[int] | None:
        """None: not asked for."""
        found = []
        for place, value in enumerate(self._list(name)):
            id = _integer(value)
            if id is None:
                self._wrong_type(name, f"{name}[{place}]", "integer")
            else:
                found.append(id)
        return found or None

    def instant(self, name: str) -> int | None:
        """Unix seconds of a date parameter, as the real shop understands it.

        Digits without an offset are the site's local time, or UTC with `dates_are_gmt`. An offset
        alone is exact. Both together are not: the instant is turned into local digits first,
        which are then taken for UTC.
        """
        if name not in self.args:
            return None
        match = DATE.fullmatch(self.args[name])
        are_gmt = self.flag("dates_are_gmt")
        try:
            if match is None:
                raise ValueError(self.args[name])
            at = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3] or ''}")
        except ValueError:
            self.complain(name, "rest_invalid_date", "Invalid date.")
            return None
        if at.tzinfo and are_gmt:
            at = at.astimezone(SITE_TIME).replace(tzinfo=UTC)
        elif not at.tzinfo:
            at = at.replace(tzinfo=UTC if are_gmt else SITE_TIME)
        return int(at.timestamp())

    def _list(self, name: str) -> list[str]:
        given = self.args.getlist(name) + self.args.getlist(f"{name}[]")
        return [part.strip() for text in given for part in text.split(",") if part.strip()]

    def _wrong_type(self, name: str, what: str, type_: str) -> None:
        message = f"{what} is not of type {type_}."
        self.complain(name, "rest_invalid_type", message, {"param": what})

    def _not_in(self, name: str, what: str, choices: Sequence[str]) -> None:
        self.complain(name, "rest_not_in_enum", f"{what} is not one of {', '.join(choices)}.")


def _integer(text: str) -> int | None:
    """Ids and counts fit 64 bits; digits of other scripts are no numbers to PHP."""
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip()) else None


def sent() -> Json:
    """The body of a write: JSON, or a form as PHP would take it."""
    if flask.request.is_json:
        try:
            given = orjson.loads(flask.request.get_data())
        except orjson.JSONDecodeError:
            given = None
        if not isinstance(given, dict):
            raise Refused(400, "rest_invalid_json", "Invalid JSON body passed.")
        return given
    return flask.request.form.to_dict()


def invalid(name: str, message: str) -> Refused:
    fault = {"code": "rest_invalid_param", "message": message, "data": None}
    return Refused(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {name}",
        {"params": {name: message}, "details": {name: fault}},
    )
