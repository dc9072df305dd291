"""Which lines can tell one text from another."""

from __future__ import annotations

import pytest

from whence.matching.idioms import Telling, bare, plain, telling


@pytest.mark.parametrize(
    "line",
    [
        "", "}", "  });", "]", "end", "{", "// ---------", "# =====", "***", "*/",
        "import os", "from a.b import c, d", "import { useState, useEffect } from 'react';", "#include <stdio.h>",
        "use std::collections::HashMap;", "using System.Linq;", "package main", '"github.com/acme/thing/pkg"',
        "const fs = require('fs');", "require 'json'", "export * from './module';", "} from '../types';",
        "# Copyright 2024 The Authors", "// SPDX-License-Identifier: MIT", " * Licensed under the Apache License, Version 2.0",
        'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND', "Permission is hereby granted, free of charge",
        "All notable changes to this project will be documented in this file.",
        "and this project adheres to [Semantic Versioning](https://semver.org/spec/v2.0.0.html).",
        r"RED='\033[0;31m'", r'NC="\e[0m"',
        "#!/usr/bin/env python3", "# -*- coding: utf-8 -*-", "'use strict';", "<?php", "<!DOCTYPE html>", "set -euo pipefail",
        'if __name__ == "__main__":', "def __init__(self, name, value):", "super().__init__()", "self.value = value",
        "this.value = value;", "raise NotImplementedError", "return None", "return result", "return result;", "return nil, err",
        "else:", "} else {", "except Exception as e:", "} catch (error) {", "finally:", "if err != nil {",
        "@staticmethod", "@property", "@Override", "@pytest.fixture", "logger = logging.getLogger(__name__)",
        "public static void main(String[] args) {", "func main() {", "for (int i = 0; i < n; i++) {",
        "for i in range(10):", "## Installation", "### Getting Started", '"type": "object",', '"version": "1.0.0",',
        "type: string", "- uses: actions/checkout@v4", "#[derive(Debug, Clone)]", "export default App;",
    ],
)  # fmt: skip
def test_lines_that_everybody_writes_tell_nothing(line: str) -> None:
    """Brackets, imports, licences and the common idioms of many languages."""
    assert telling("    " + line) is Telling.NOTHING


@pytest.mark.parametrize("line", ["x = 2", "n += step", "go()", "- a b c", "ok?"])
def test_short_lines_tell_little(line: str) -> None:
    """Below eight letters and digits a line counts only in its place."""
    assert telling(line) is Telling.LITTLE


@pytest.mark.parametrize(
    "line",
    [
        "weights = softmax(scores / scale)", "return softmax(scores / scale)", "def flash_attention(query, key):",
        "for row in table.rows(matching):", "The cache is dropped when the file grows beyond this.",
        "if (request.headers.has('authorization')) {", "SELECT name FROM users WHERE active", "注意力机制的实现方法说明",
        "const total = items.reduce((sum, item) => sum + item.price, 0);", "self.cache = OrderedDict(maxsize=limit)",
        '"description": "Reads the transcript of a session, line by line",', "raise PolicyError(f'{path} is broken')",
        "class FlashAttention(Module):", "func (s *Store) Compact(ctx context.Context) error {", "## How the index survives a crash",
        "if err := store.Compact(ctx); err != nil {",
    ],
)  # fmt: skip
def test_lines_of_ones_own_tell_enough(line: str) -> None:
    """Code and prose with content, in any script."""
    assert telling(line) is Telling.ENOUGH


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('    "x = 1\\n",', "x = 1"),
        ('"print(\\"hi\\")"', 'print("hi")'),
        ("x = 1", "x = 1"),
        ('"broken', '"broken'),
        ('"a": "b",', '"a": "b",'),
        ('"two\\nlines\\n"', '"two\\nlines\\n"'),
        ('"', '"'),
    ],
)
def test_a_notebooks_line_is_read_as_its_source(line: str, expected: str) -> None:
    """A JSON string alone on its line is a line of source; everything else is itself."""
    assert plain(line) == expected


def test_no_line_takes_long() -> None:
    """Long lines of any kind are decided at once: no expression backtracks over them."""
    for text in (
        "a " * 50_000,
        "-= " * 50_000,
        "}" * 100_000,
        "return " + "x." * 50_000,
        '"' * 100_000,
        "a:" * 50_000,
    ):
        telling(text)
        telling(text[:160])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("    sys.exit(main())", True),
        ("raise SystemExit(main())", True),
        ("class Account:", True),
        ("public final class Account {", True),
        ("type Account struct {", True),
        ("def owner(self) -> str:", True),
        ("return self.owner_of_account", True),
        ("logger = structlog.get_logger(__name__)", True),
        ("args = parser.parse_args(argv)", True),
        ("class Account(Ledger, Comparable):", False),
        ("def owner(self, at: Moment) -> str:", False),
        ("sys.exit(main(load(path).stations, strict=True))", False),
        ("log_of_tides = collect(stations, since=moment)", False),
    ],
)
def test_some_lines_tell_nothing_alone(line: str, expected: bool) -> None:
    """The head of a class, a getter, the call of main: only with arguments and bases of their own do they tell."""
    assert bare(line) is expected
