"""Which language a file is in: by name, by extension, by interpreter, by mode line, by text."""

from __future__ import annotations

import pytest

from whence.syntax import language_of, regions


@pytest.mark.parametrize(
    ("path", "first_line", "expected"),
    [
        ("a.py", "", "python"),
        ("deep/er/stub.pyi", "", "python"),
        ("A.PY", "", "python"),
        ("app.jsx", "", "javascript"),
        ("app.mjs", "", "javascript"),
        ("app.ts", "", "typescript"),
        ("types.d.ts", "", "typescript"),
        ("app.tsx", "", "tsx"),
        ("main.go", "", "go"),
        ("lib.rs", "", "rust"),
        ("Main.java", "", "java"),
        ("a.c", "", "c"),
        ("a.C", "", "cpp"),
        ("a.h", "", "c"),
        ("a.h", "//===- a.h - A thing -*- C++ -*-===//", "cpp"),
        ("a.h", "/* -*- mode: C++; tab-width: 4 -*- */", "cpp"),
        ("a.h", "/* -*- coding: utf-8 -*- */", "c"),
        ("a.c", "/* -*- mode: C++ -*- */", "c"),
        ("a.hpp", "", "cpp"),
        ("a.cs", "", "csharp"),
        ("a.rb", "", "ruby"),
        ("Rakefile", "", "ruby"),
        ("lib/Gemfile", "", "ruby"),
        ("a.php", "", "php"),
        ("a.kt", "", "kotlin"),
        ("build.gradle.kts", "", "kotlin"),
        ("a.swift", "", "swift"),
        ("a.sh", "", "bash"),
        (".bashrc", "", "bash"),
        ("README.md", "", "markdown"),
        ("a.yml", "", "yaml"),
        (".github/workflows/ci.yaml", "", "yaml"),
        ("Cargo.lock", "", "toml"),
        ("package.json", "", "json"),
        ("a.ipynb", "", "notebook"),
        ("run", "#!/usr/bin/python3.11 -u", "python"),
        ("run", "#!/usr/bin/env python3", "python"),
        ("run", "#!/usr/bin/env -S python3 -u", "python"),
        ("run", "#!/usr/bin/env -S FOO=1 node --harmony", "javascript"),
        ("run", "#! /bin/sh", "bash"),
        ("run", "#!/bin/zsh -f", "bash"),
        ("run", "#!/usr/local/bin/ruby2.7", "ruby"),
        ("run.txt", "#!/bin/bash", "bash"),
        ("run.py", "#!/bin/bash", "python"),
        ("run", "#!/usr/bin/perl", None),
        ("run", "#!", None),
        ("run", "#!/usr/bin/env", None),
        ("run", "# python", None),
        ("script", "# -*- mode: python -*-", "python"),
        ("notes", "", None),
        ("notes.txt", "", None),
        (".py", "", None),
        ("py", "", None),
        ("", "", None),
        ("dir.py/notes", "", None),
        ("trailing.", "", None),
        ("a.py.orig", "", None),
    ],
)
def test_language_of(path: str, first_line: str, expected: str | None) -> None:
    """The name decides where it can, the first line where the name says nothing."""
    assert language_of(path, first_line) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("#pragma once", "", "int f(void);"), "c"),
        (("#pragma once", "", "namespace shop {", "int f();", "}"), "cpp"),
        (("template <typename T>", "T id(T x) { return x; }"), "cpp"),
        (("struct s {", " public:", "  int x;", "};"), "cpp"),
        (("class Basket : Map {", "};"), "cpp"),
        (("using Id = int;",), "cpp"),
        (("/* using the template */", "struct class_info { int private_use; };"), "c"),
        (("int class;", "void f(int namespace_id);"), "c"),
    ],
)
def test_a_header_is_c_until_it_says_otherwise(lines: tuple[str, ...], expected: str) -> None:
    """Both languages call their headers `.h`; only what C cannot say makes one C++."""
    assert regions("a.h", lines).language == expected
