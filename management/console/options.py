"""Options of commands, made from a body of the API: what a program sends, an administrator types.

A text is the value; a list of plain values has commas between them; what has an inside is JSON, as the API takes it.
An empty text takes a value away. Secrets are read from standard input: other users can read command lines.
"""

import json
from collections.abc import Mapping, Sequence
from inspect import Parameter
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from management.api.object_wire import ValuesBody
from management.console.session import secret
from management.errors import Invalid
from management.objects.commands import Values
from management.web.errors import broken_rules

_STDIN: Final = "_stdin"


def options_of(body: type[ValuesBody], values: type[Values], *, argument: str = "") -> list[Parameter]:
    """A parameter for each field: an option, but for the field that is the `argument`."""
    return [_parameter(name, field, values, argument) for name, field in body.model_fields.items()]


def values_of(body: type[ValuesBody], values: type[Values], options: Mapping[str, Any]) -> Any:
    """The new values that were typed, with secrets read; raises Invalid."""
    typed = {
        name: _typed(field.annotation, options[name])
        for name, field in body.model_fields.items()
        if name not in values.SECRETS and options[name] is not None
    }
    for name in values.SECRETS & body.model_fields.keys():
        if options[name + _STDIN]:
            typed[name] = secret(name, is_from_stdin=True)
    try:
        return values(**body.model_validate(typed).given())
    except ValidationError as exc:
        raise Invalid(broken_rules(exc.errors())) from None


def required(body: type[ValuesBody]) -> list[str]:
    """The fields that a new object must have, in order."""
    return [name for name, field in body.model_fields.items() if field.is_required()]


def _parameter(name: str, field: FieldInfo, values: type[Values], argument: str) -> Parameter:
    flag = f"--{name.replace('_', '-')}"
    declared: Any
    if name in values.SECRETS:
        name, declared = name + _STDIN, Annotated[bool, typer.Option(f"{flag}-stdin", help="Read from standard input.")]
        return Parameter(name, Parameter.KEYWORD_ONLY, default=False, annotation=declared)
    if field.annotation is bool:
        declared = Annotated[bool | None, typer.Option(f"{flag}/--no-{flag[2:]}")]
    elif name == argument:
        return Parameter(name, Parameter.KEYWORD_ONLY, annotation=Annotated[str, typer.Argument(help=_help(field))])
    else:
        declared = Annotated[str | None, typer.Option(flag, metavar=_metavar(field.annotation), help=_help(field))]
    default = ... if field.is_required() else None
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=declared)


def _typed(annotation: Any, option: str | bool) -> Any:
    """The value as JSON would say it; what can't be one stays a text, which the body then refuses by its rules."""
    if isinstance(option, bool):
        return option
    kinds = _kinds(annotation)
    if option == "" and NoneType in kinds:
        return None
    kind = kinds[0]
    if get_origin(kind) is list and _is_plain(get_args(kind)[0]):
        return [_plain(get_args(kind)[0], each.strip()) for each in option.split(",")] if option else []
    return _plain(kind, option) if _is_plain(kind) else _json(option)


def _plain(kind: Any, text: str) -> Any:
    # Of `is_integer` texts only: "1_000" and "٣" are integers to Python.
    is_integer = text.isascii() and text.removeprefix("-").isdigit()
    return int(text) if kind is int and is_integer else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _kinds(annotation: Any) -> Sequence[Any]:
    return get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)


def _is_plain(kind: Any) -> bool:
    return get_origin(kind) is Literal or (isinstance(kind, type) and not issubclass(kind, ValuesBody | dict | list))


def _metavar(annotation: Any) -> str:
    kind = _kinds(annotation)[0]
    if get_origin(kind) is list and _is_plain(get_args(kind)[0]):
        return f"{_metavar(get_args(kind)[0])},..."
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    return kind.__name__.upper() if _is_plain(kind) and kind is not str else "TEXT" if kind is str else "JSON"


def _help(field: FieldInfo) -> str:
    said = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    bounds = f"{said['minimum']} to {said['maximum']}." if {"minimum", "maximum"} <= said.keys() else ""
    nullable = "Empty: none." if NoneType in _kinds(field.annotation) else ""
    return " ".join(filter(None, (str(said.get("description", "")), bounds, nullable)))
