"""Read settings from environment variables: ``NEWSCRAWL_<SETTING>``.

``NEWSCRAWL_<SETTING>`` is the value of a setting, ``NEWSCRAWL_<SETTING>_FILE`` the name of a file
with the value, such as a secret of systemd's ``LoadCredential=``. Empty variables are ignored.
Quotation marks around a value are removed: shells and systemd do that when they load a file of
variables, podman and docker do not.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

from newscrawl.errors import SettingError

PREFIX = "NEWSCRAWL_"
"""Prefix of the variables."""

_BOOLEANS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def settings_from(
    environ: Mapping[str, str], defaults: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return the settings given in the environment, and error messages for invalid ones.

    Args:
        environ: The environment variables.
        defaults: The default of each setting by name; a value must be of its type.
    """
    settings: dict[str, Any] = {}
    errors: list[str] = []
    for variable, given in sorted(environ.items()):
        text = _unquoted(given)
        if not variable.startswith(PREFIX) or not text:
            continue
        try:
            name, is_file = _setting(variable, defaults)
            value = _content(text) if is_file else text
            value = _typed(value, defaults[name], secret=is_file)
        except SettingError as error:
            errors.append(f"{variable}: {error}")
            continue
        if name in settings:
            errors.append(f"{variable}: {PREFIX}{name} is set, too: unset one of them")
        settings[name] = value
    return settings, errors


def proxy_errors(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield errors in the proxy variables of the environment.

    Without a scheme, Scrapy would use TLS to the proxy for https pages, and reach none of them.
    """
    for variable in ("https_proxy", "HTTPS_PROXY"):
        address = environ.get(variable, "")
        if address and "://" not in address:
            host = address.rpartition("@")[2]
            yield f"{variable}: {host} has no scheme: write http://{host}"


def _unquoted(text: str) -> str:
    """Return a value without the quotation marks around it, if there are any."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def _setting(variable: str, defaults: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the setting that a variable is for, and whether its value is in a file."""
    # A setting may have the prefix in its own name, such as NEWSCRAWL_DATA.
    for base, is_file in ((variable, False), (variable.removesuffix("_FILE"), True)):
        for name in (base.removeprefix(PREFIX), base):
            if name in defaults and name.isupper():
                return name, is_file
    known = filter(str.isupper, defaults)
    names = [name if name.startswith(PREFIX) else PREFIX + name for name in known]
    close = get_close_matches(variable, names, n=1, cutoff=0.8)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise SettingError(f"no setting has this name{hint}")


def _content(path: str) -> str:
    """Return the text of a file without the line break at its end."""
    try:
        return Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} cannot be read: {error}") from error


def _typed(text: str, default: Any, *, secret: bool) -> Any:
    """Convert a value to the type of its default; secrets do not appear in errors."""
    shown = "its content" if secret else text
    try:
        if isinstance(default, bool):
            return _BOOLEANS[text.strip().lower()]
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return _finite(float(text))
        if isinstance(default, list | tuple):
            return _list(text, default)
        if isinstance(default, dict):
            return _object(json.loads(text))
    except (KeyError, TypeError, ValueError):
        raise SettingError(f"{shown} is not {_expected(default)}") from None
    return text


def _list(text: str, default: list[Any] | tuple[Any, ...]) -> list[Any]:
    """Return the elements of a JSON array or of a list with commas."""
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    kind = type(default[0]) if default else str
    return [kind(element.strip()) for element in text.split(",")]


def _finite(number: float) -> float:
    """Return a number unless it is infinite or NaN."""
    if not isfinite(number):
        raise ValueError
    return number


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON value if it is an object."""
    if not isinstance(value, dict):
        raise TypeError
    return value


def _expected(default: Any) -> str:
    """Describe the expected type of a value."""
    if isinstance(default, bool):
        return "1 or 0 (true, false)"
    if isinstance(default, int):
        return "a whole number"
    if isinstance(default, float):
        return "a number"
    if isinstance(default, dict):
        return "a JSON object"
    return f"a list such as {','.join(map(str, default)) or 'a,b'}"
