"""`--lang`: the language of what people read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click
from click.core import ParameterSource

from perfanalysis.errors import UsageError
from perfanalysis.reports.language import ENGLISH, languages

_WITH_LANGUAGE = ("html", "markdown")


@dataclass(frozen=True, kw_only=True)
class Language:
    """The language that was chosen, and whether on the command line."""

    code: str
    stated: bool

    def of(self, format_name: str) -> str | None:
        """Return the language of a format; None for those that have English only."""
        return self.code if format_name in _WITH_LANGUAGE else None

    def check(self, formats: Iterable[str]) -> None:
        """Refuse a language that nothing would be written in.

        A variable or a configuration file speaks for all commands; an option means this one.

        Raises:
            UsageError: it was stated, and none of the formats has another language than English.
        """
        chosen = list(formats)
        if not self.stated or self.code == ENGLISH or any(self.of(name) for name in chosen):
            return
        raise UsageError(
            f"--lang {self.code}: {' and '.join(chosen)} would be in English",
            hint=f"formats with a language: {', '.join(_WITH_LANGUAGE)}",
        )


def language_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option; the command gets it as `language`."""

    @wraps(command)
    def read(*args: object, lang: str, **rest: object) -> object:
        source = click.get_current_context().get_parameter_source("lang")
        stated = source is ParameterSource.COMMANDLINE
        return command(*args, language=Language(code=lang, stated=stated), **rest)

    return click.option(
        "--lang",
        type=click.Choice(languages()),
        default=ENGLISH,
        show_default=True,
        envvar="PERFANALYSIS_LANG",
        help="Language of HTML and Markdown; all other formats are in English.",
    )(read)
