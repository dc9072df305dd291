"""`dataclass` as the standard library has it, made in a quarter of the time.

The library's own compiles six functions for each frozen class, one by one. That takes about a millisecond, and a
command loads more than a hundred such classes: it was the largest part of its start. Here the library still finds the
fields, and lays out the slots; only `__init__` is compiled, when it is called first, and all else is shared.

For type checkers it is the library's own. What nobody here uses (order, keyword-only fields) it does not take.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from types import MemberDescriptorType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False):
        """See `dataclasses.dataclass`."""

        def made(cls):
            return _made(cls, frozen=frozen, slots=slots)

        return made if cls is None else made(cls)


def _made(cls: type, *, frozen: bool, slots: bool) -> type:
    own = set(vars(cls))
    new: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    fields = dataclasses.fields(new)
    added: dict[str, object] = {"__init__": _later(new, fields, frozen=frozen), "__repr__": _repr}
    values = _getter([field.name for field in fields if field.compare])
    if "__eq__" not in own:
        added["__eq__"] = _eq(values)
        added["__hash__"] = _hash(values) if frozen else None
    if frozen:
        added |= {"__setattr__": _set, "__delattr__": _delete}
        if slots:
            added |= {"__getstate__": _state, "__setstate__": _restore}
    for name, value in added.items():
        if name not in own or name == "__init__":
            setattr(new, name, value)
    return new


def _later(cls: type, fields: tuple[dataclasses.Field[Any], ...], *, frozen: bool) -> object:
    """An `__init__` that makes the real one when it is called first: of many classes that are loaded none is made."""

    def first(*arguments: Any, **named: Any) -> None:
        made = _init(cls, fields, frozen=frozen)
        type.__setattr__(cls, "__init__", made)
        made(*arguments, **named)

    return first


def _init(cls: type, fields: tuple[dataclasses.Field[Any], ...], *, frozen: bool) -> Callable[..., None]:
    """The function that a call of the class ends in.

    A frozen object's slots are set through their own descriptors: `object.__setattr__` would look for them by name, and
    take twice as long.
    """
    names: dict[str, object] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    parameters, body = ["self"], []
    for field in fields:
        name, value = field.name, field.name
        if field.default is not dataclasses.MISSING:
            names[f"_default_{name}"] = field.default
        if field.default_factory is not dataclasses.MISSING:
            names[f"_factory_{name}"] = field.default_factory
        if not field.init:
            if f"_factory_{name}" in names:
                value = f"_factory_{name}()"
            elif f"_default_{name}" in names:
                value = f"_default_{name}"
            else:
                continue  # `__post_init__` gives it one
        elif f"_factory_{name}" in names:
            parameters.append(f"{name}=_missing")
            value = f"_factory_{name}() if {name} is _missing else {name}"
        elif f"_default_{name}" in names:
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        slot = getattr(cls, name, None)
        if not frozen:
            body.append(f"self.{name} = {value}")
        elif isinstance(slot, MemberDescriptorType):
            names[f"_set_{name}"] = slot.__set__
            body.append(f"_set_{name}(self, {value})")
        else:
            body.append(f"_set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n " + ("\n ".join(body) or "pass"), names)  # noqa: S102 - our own classes
    made = cast("Callable[..., None]", names["__init__"])
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _getter(names: list[str]) -> Callable[[Any], Any]:
    """The values of some fields, as a tuple."""
    if len(names) == 1:
        (name,) = names
        return lambda self: (getattr(self, name),)
    return attrgetter(*names) if names else lambda self: ()


def _eq(values: Callable[[Any], Any]) -> object:
    def equal(self: Any, other: Any) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return equal


def _hash(values: Callable[[Any], Any]) -> object:
    def hashed(self: Any) -> int:
        return hash(values(self))

    return hashed


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (
        f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr
    )
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _set(self: object, name: str, value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    """For pickling: a frozen object's slots cannot be set again the usual way."""
    return [slot.__get__(self) for slot in _slots(self.__class__)]


def _restore(self: Any, state: list[object]) -> None:
    for slot, value in zip(_slots(self.__class__), state, strict=True):
        slot.__set__(self, value)


@cache
def _slots(cls: type) -> tuple[MemberDescriptorType, ...]:
    """The places of a class's fields."""
    return tuple(getattr(cls, field.name) for field in dataclasses.fields(cls))
