"""A part of a scenario: a frozen set of parameters, chosen by its `kind` where it belongs to a family."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetJsonSchemaHandler, PlainSerializer, RootModel, ValidationError, WithJsonSchema, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

# What pydantic calls a mistake, and the class under which a reader meets it; what is not listed is a matter of type.
CLASSES = {
    "missing": "ConfigMissing",
    "literal_error": "ConfigChoice",
    "extra_forbidden": "ConfigUnknownKey",
    "finite_number": "ConfigRange",
    "too_short": "ConfigRange",
    "too_long": "ConfigRange",
    "greater_than": "ConfigRange",
    "greater_than_equal": "ConfigRange",
    "less_than": "ConfigRange",
    "less_than_equal": "ConfigRange",
}


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("ConfigType", f"a name should be text, not {value!r:.60}{', a boolean; quote it' if isinstance(value, bool) else ''}")
    if not NAME.fullmatch(value):
        raise refuse("ConfigName", f"{value!r:.60} is no name: up to 63 letters, digits, dots, dashes and underscores")
    return value


NAME = re.compile(r"[A-Za-z0-9._-]{1,63}")
Name = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME.pattern}$"})]


class Model(BaseModel):
    """A frozen set of parameters that refuses what it does not know and says what was meant."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def dump(self) -> dict[str, Any]:
        """Plain data that reads back as this: quantities with their units, every part by its own class, and what is None left out.

        (Pydantic's `model_dump` sees of a part only what its family has.)
        """
        return {name: self.dump_field(name) for name in type(self).model_fields if getattr(self, name) is not None}

    def dump_field(self, name: str) -> Any:
        """One field of it."""
        return _shown(type(self).model_fields[name], getattr(self, name))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        made = handler(schema)
        for name, known in handler.resolve_ref_schema(made).get("properties", {}).items():
            if "default" in known:  # as a reader would write it
                known["default"] = _shown(cls.model_fields[name], cls.model_fields[name].get_default(call_default_factory=False))
        return made

    @model_validator(mode="wrap")
    @classmethod
    def _explain(cls, value: Any, handler: Any) -> Any:
        try:
            return handler(cls._with_kinds(value))
        except ValidationError as error:
            raise ValidationError.from_exception_data(cls.__name__, [cls._explained(e) for e in _own(error.errors())]) from None

    @classmethod
    def _with_kinds(cls, value: Any) -> Any:
        """What changes some keys of a default part need not name its kind again."""
        if not isinstance(value, dict):
            return value
        defaults = {
            name: field.default.kind for name, field in cls.model_fields.items() if isinstance(field.default, Component) and hasattr(field.default, "kind")
        }
        return {name: {"kind": defaults[name], **given} if name in defaults and isinstance(given, dict) else given for name, given in value.items()}

    @classmethod
    def _explained(cls, error: ErrorDetails) -> InitErrorDetails:
        """The error under its Config class, with the nearest name where a name was not known."""
        kind, message, loc = error["type"], error["msg"], error["loc"]
        if kind.islower():  # pydantic's own
            if kind == "extra_forbidden" and len(loc) == 1:
                kind, message = cls._unknown(str(loc[0]))
            else:
                kind, message = CLASSES.get(kind, "ConfigType"), _plain(error)
        return {"type": refuse(kind, message), "loc": loc, "input": None}

    @classmethod
    def _unknown(cls, key: str) -> tuple[str, str]:
        return "ConfigUnknownKey", f"no such key{meant(key, cls.model_fields)}"


class Component(Model):
    """A frozen set of parameters with behaviour; its state lives in the processes it starts.

    A direct subclass is a family (`Failure`); a subclass of that with `kind: Literal["crash"] = "crash"` is a member, known to the family from then on.
    """

    kinds: ClassVar[dict[str, type[Component]]]
    tag: ClassVar[str] = "kind"

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if Component in cls.__bases__:
            cls.kinds = {}
        elif cls.tag in cls.model_fields:
            cls.kinds[cls.model_fields[cls.tag].default] = cls

    @classmethod
    def from_shorthand(cls, value: Any) -> Any:
        """What a family reads where no mapping with a `kind` stands: here, what was given."""
        return value

    @classmethod
    def shorthands(cls) -> list[dict[str, Any]]:
        """JSON Schemas of what `from_shorthand` reads."""
        return []

    @model_validator(mode="wrap")
    @classmethod
    def _choose(cls, value: Any, handler: Any) -> Any:
        if "kinds" not in cls.__dict__:
            return handler(value)
        value = cls.from_shorthand(value)
        if not isinstance(value, dict):
            return handler(value)
        if cls.tag not in value:
            raise refuse("ConfigMissing", f"a {cls.noun()} needs its `{cls.tag}`; known: {', '.join(sorted(cls.kinds))}")
        kind = value[cls.tag]
        if not isinstance(kind, str) or kind not in cls.kinds:
            hint = meant(str(kind), cls.kinds) or f"; known: {', '.join(sorted(cls.kinds))}"
            problem = refuse("ConfigChoice", f"no {cls.noun()} of kind {kind!r:.60}{hint}")
            raise ValidationError.from_exception_data(cls.__name__, [{"type": problem, "loc": (cls.tag,), "input": None}])
        return cls.kinds[kind].model_validate(value)

    @classmethod
    def noun(cls) -> str:
        return cls.__name__.lower()

    @classmethod
    def _unknown(cls, key: str) -> tuple[str, str]:
        others = sorted(kind for kind, member in cls.kinds.items() if key in member.model_fields)
        if others:
            return "ConfigConflict", f"`{key}` belongs to {' and '.join(others)}, not to {cls.model_fields[cls.tag].default}"
        return super()._unknown(key)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> Any:
        if "kinds" not in cls.__dict__:
            made = super().__get_pydantic_json_schema__(schema, handler)
            if cls.tag in cls.model_fields:
                known = handler.resolve_ref_schema(made)
                known["required"] = sorted({*known.get("required", ()), cls.tag})
            return made
        return {
            "oneOf": [
                *(member.__get_pydantic_json_schema__(member.__pydantic_core_schema__, handler) for _, member in sorted(cls.kinds.items())),
                *cls.shorthands(),
            ]
        }


class Source(NamedTuple):
    """Where a default comes from; it stands in the field's annotation, and the report repeats it."""

    kind: Literal["published", "assumed"]
    text: str


def published(text: str) -> Source:
    """A default that somebody measured or documented."""
    return Source("published", text)


def assumed(text: str) -> Source:
    """A default for which no source was found, and why it is what it is."""
    return Source("assumed", text)


def _shown(field: FieldInfo, value: Any) -> Any:
    """A field's value as plain data, by its own serializer where it has one."""
    notes = [*field.metadata, *(note for choice in get_args(field.annotation) for note in getattr(choice, "__metadata__", ()))]
    show = next((note.func for note in notes if isinstance(note, PlainSerializer)), None)
    if show is None or value is None:
        return plain(value)
    if isinstance(value, Mapping):
        return {key: show(item) for key, item in value.items()}  # type: ignore[call-arg]
    return [show(item) for item in value] if isinstance(value, tuple) else show(value)  # type: ignore[call-arg]


def plain(value: Any) -> Any:
    """A part, or what holds parts, as plain data."""
    if isinstance(value, RootModel):
        value = value.root
    if isinstance(value, Model):
        return value.dump()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value


def load_members(package: str, path: Iterable[str]) -> None:
    """Import every file of a family's folder, so that a new member is a new file and no edit elsewhere."""
    for module in iter_modules(path):
        import_module(f"{package}.{module.name}")


def meant(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'outage'?` where something known is near, else nothing."""
    names = {key.lower(): key for key in known}
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f"; did you mean '{names[near[0]]}'?" if near else ""


def refuse(kind: str, message: str) -> PydanticCustomError:
    """The error of a validator: its class and one sentence with the remedy."""
    return PydanticCustomError(cast("Any", kind), cast("Any", message))


def _own(errors: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The errors without those lists that are too short only because something in them is wrong."""
    for error in errors:
        path = error["loc"]
        if error["type"] != "too_short" or not any(other["loc"][: len(path)] == path != other["loc"] for other in errors):
            yield error


def _plain(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "string_type" and isinstance(error["input"], bool | int | float):
        return f"should be text, not {str(error['input']).lower()}; quote it"
    if error["type"] == "too_short":
        return f"needs at least {error['ctx']['min_length']}"
    if error["type"] in ("model_type", "model_attributes_type", "dict_type", "mapping_type"):
        return f"should be a mapping of keys to values, not {error['input']!r:.60}"
    message = error["msg"].removeprefix("Value error, ").replace("Input should", "should")
    return f"{message}, not {error['input']!r:.60}"
