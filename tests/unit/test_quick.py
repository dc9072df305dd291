"""Classes that are made quickly are what the standard library makes of them."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any, Generic, TypeVar

import pytest

from whence import quick

T = TypeVar("T")

Decorator = Callable[..., Any]


def classes(dataclass: Decorator) -> list[type]:
    """The shapes of classes that there are in the package."""

    @dataclass(frozen=True, slots=True)
    class Plain:
        """Fields of every kind."""

        first: int
        second: tuple[int, ...] = ()
        kept: dict[str, int] = field(default_factory=dict, repr=False)
        aside: str = field(default="aside", compare=False)
        made: list[int] = field(default_factory=list, init=False, compare=False)
        fixed: int = field(default=7, init=False)

        @property
        def double(self) -> int:
            return self.first * 2

    @dataclass(frozen=True, slots=True)
    class Empty:
        pass

    @dataclass(frozen=True, slots=True)
    class One:
        value: Any

    @dataclass(frozen=True, slots=True)
    class Derived(Plain):
        last: int = 5

    @dataclass(frozen=True)
    class Loose:
        first: int
        second: int = 2

    @dataclass(slots=True)
    class Growing:
        first: int
        rest: list[int] = field(default_factory=list)
        later: int = field(init=False)

        def __post_init__(self) -> None:
            self.later = self.first + 1

    @dataclass
    class Old:
        first: int = 1

    @dataclass(frozen=True, slots=True)
    class Own:
        first: int

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 3

        def __repr__(self) -> str:
            return "own"

    @dataclass(frozen=True, slots=True)
    class Of(Generic[T]):
        value: T

    return [Plain, Empty, One, Derived, Loose, Growing, Old, Own, Of]


OURS, THEIRS = classes(quick.dataclass), classes(dataclasses.dataclass)
CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}), ((1,), {}), ((2,), {}), ((1, (3,)), {}), ((1,), {"second": (3,)}), ((1,), {"kept": {"a": 1}}), ((1,), {"aside": "b"}),
    ((1, 2, 3, 4, 5, 6, 7), {}), ((), {"strange": 1}), ((float("nan"),), {}), (([1],), {}),
]  # fmt: skip


def outcome(ask: Callable[[], Any]) -> Any:
    """What a question ends in: an answer, or the kind of its error."""
    try:
        return ask()
    except Exception as error:
        return type(error)


def said(cls: type) -> list[Any]:
    """What a class makes of the calls, as far as it can be compared with what another class does."""
    first = next((one.name for one in dataclasses.fields(cls)), "")  # type: ignore[arg-type]
    made = [
        value
        for one, named in CALLS
        if not isinstance(value := outcome(lambda one=one, named=named: cls(*one, **named)), type)
    ]
    return [
        [type(outcome(lambda one=one, named=named: cls(*one, **named))) is type for one, named in CALLS],
        [outcome(lambda value=value: repr(value)) for value in made],
        [[outcome(lambda a=a, b=b: (a == b, a != b)) for b in made] for a in made],
        [
            outcome(lambda value=value: hash(value)) if not any(map(is_nan, vars_of(value))) else None
            for value in made
        ],
        [a == object() for a in made],
        [outcome(lambda value=value: setattr(value, first, 9)) for value in copy.deepcopy(made) if first],
        [outcome(lambda value=value: delattr(value, first)) for value in copy.deepcopy(made) if first],
        [repr(copy.copy(value)) for value in made],
        [outcome(lambda value=value: repr(dataclasses.replace(value, first=5))) for value in made],
        [repr(dataclasses.asdict(value)) for value in made],
        [hasattr(value, "__dict__") for value in made],
        cls.__match_args__,  # type: ignore[attr-defined]
        getattr(cls, "__slots__", None),
        [(one.name, one.init, one.repr, one.compare) for one in dataclasses.fields(cls)],  # type: ignore[arg-type]
        [parameter.name for parameter in inspect.signature(cls).parameters.values()],
        cls.__doc__ is None
        or not cls.__doc__.startswith(cls.__name__ + "(")
        or cls.__doc__.partition("(")[0],
    ]


def vars_of(value: Any) -> list[Any]:
    return [getattr(value, one.name) for one in dataclasses.fields(value)]


def is_nan(value: Any) -> bool:
    return bool(value != value)


@pytest.mark.parametrize("at", range(len(OURS)), ids=[cls.__name__ for cls in OURS])
def test_they_do_what_the_librarys_do(at: int) -> None:
    """Calls, defaults, comparison, hashes, frozen fields, copies, representation: all the same."""
    assert said(OURS[at]) == said(THEIRS[at])


def test_one_that_holds_itself_can_be_shown() -> None:
    """As lists can: the inner one is three dots."""
    cell = OURS[2]([])
    cell.value.append(cell)
    assert repr(cell).endswith("One(value=[...])")


def test_values_can_be_pickled() -> None:
    """Their state is that of their fields: a frozen object's slots are set again."""
    ours = [
        value
        for module in (
            "model",
            "analysis",
            "policy.values",
            "index.values",
            "review.values",
            "evidence.interface",
        )
        for value in vars(importlib.import_module(f"whence.{module}")).values()
        if isinstance(value, type) and dataclasses.is_dataclass(value)
    ]
    assert len(ours) > 40
    for cls in ours:
        value = object.__new__(cls)
        names = [one.name for one in dataclasses.fields(cls)]
        for name in names:
            object.__setattr__(value, name, name)
        again = pickle.loads(pickle.dumps(value))
        assert type(again) is cls
        assert [getattr(again, name) for name in names] == names
