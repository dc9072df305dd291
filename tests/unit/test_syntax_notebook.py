"""Cells of notebooks, with their places in the JSON text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from whence.syntax import regions
from whence.syntax.notebook import cells


def notebook(*listed: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"cells": list(listed), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


def code(*source: str, **more: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "outputs": [], "source": list(source), **more}


def check(data: Any, indent: int | None = 1) -> None:
    """Each cell's place, read back from the text, is the cell."""
    lines = json.dumps(data, indent=indent).split("\n")
    found = cells(lines)
    assert found is not None
    listed = data["cells"]
    assert [cell.number for cell in found] == list(range(1, len(listed) + 1))
    for cell, expected in zip(found, listed, strict=True):
        if indent is not None:
            assert (
                json.loads("\n".join(lines[cell.start - 1 : cell.end]).strip().removesuffix(",")) == expected
            )
            source = "\n".join(lines[cell.source_start - 1 : cell.source_end]).strip().removesuffix(",")
            assert json.loads("{" + source + "}")["source"] == expected["source"]
        assert cell.kind == expected["cell_type"]


def test_cells_are_found_where_they_stand() -> None:
    """Whatever the source holds, quotes, brackets and keys in it are text."""
    tricky = code('a = {"cells": [{"source": 1}]}\n', 'b = "\\"]}"\n', "\\", id="x1")
    other = {"cell_type": "markdown", "metadata": {"source": ["no"], "cells": [{}]}, "source": "# one string"}
    check(notebook(tricky, other, code(), code("\u2028 é 𐍈 \ud800")))
    check(notebook(tricky, other), indent=4)
    check(notebook())
    check({"metadata": {"cells": [{"a": 1}]}, **notebook(tricky)})


def test_cells_have_a_language_an_identifier_and_their_own_lines() -> None:
    """The kernel's language is that of code cells only."""
    data = notebook(
        code("x = 1\n", "y = 2", id="a"),
        {"cell_type": "markdown", "metadata": {}, "source": "# t\n\nu"},
        metadata={"kernelspec": {"language": "R"}},
    )
    found = cells(json.dumps(data, indent=1).split("\n"))
    assert found is not None
    assert [(cell.kind, cell.language, cell.identifier, cell.source) for cell in found] == [
        ("code", "r", "a", ("x = 1", "y = 2")),
        ("markdown", None, None, ("# t", "", "u")),
    ]


def test_worksheets_of_the_third_format_are_read() -> None:
    """Old notebooks keep their cells one level deeper, and call a code cell's source its input."""
    data = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x\n"], "language": "python"}]}]}
    found = cells(json.dumps(data, indent=1).split("\n"))
    assert found is not None
    assert [(cell.language, cell.source_start, cell.source_end) for cell in found] == [("python", 7, 9)]


def test_cells_are_regions_and_the_rest_is_blocks() -> None:
    """A cell is named by its number; the notebook's own metadata belongs to no cell."""
    lines = json.dumps(notebook(code("x"), code("y")), indent=1).split("\n")
    found = regions("a.ipynb", lines)
    assert found.complete
    assert found.language == "notebook"
    assert [(region.kind, region.name) for region in found.regions] == [
        ("block", None),
        ("cell", "cell 1"),
        ("cell", "cell 2"),
        ("block", None),
    ]


def test_a_notebook_on_one_line_is_a_block() -> None:
    """Cells that share their only line cannot be told apart by it."""
    found = regions("a.ipynb", [json.dumps(notebook(code("x"), code("y")))])
    assert found.complete
    assert [(region.kind, region.start) for region in found.regions] == [("block", 1)]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "{",
        "[]",
        "null",
        '{"cells": 1}',
        '{"cells": [1]}',
        '{"cells": [{}], "cells": [{}, {}], "x": [}',
        '{"cells": [{"cell_type": "code"}], "cells": []}',
        '{"worksheets": [1]}',
        '<<<<<<< HEAD\n{"cells": []}',
        '{"cells": [' + "[" * 100_000,
    ],
)
def test_what_is_no_notebook_falls_back_to_blocks(source: str) -> None:
    """A conflict marker or a truncated file costs the cells, and the reason is told."""
    lines = source.split("\n") if source else []
    found = regions("a.ipynb", lines)
    assert (found.complete, found.why) == (False, "not a readable notebook")
    assert {region.kind for region in found.regions} <= {"block"}


@pytest.mark.parametrize("cell", [{}, {"cell_type": 3, "source": 4}, {"source": [1, None]}, {"id": 5}])
def test_strange_cells_are_still_cells(cell: dict[str, Any]) -> None:
    """Fields of the wrong type are left out."""
    found = cells(json.dumps(notebook(cell), indent=1).split("\n"))
    assert found is not None
    assert [(one.source, one.language, one.identifier) for one in found] == [((), None, None)]
