"""Which lines can tell one text from another.

A line says something when it has at least eight letters and digits (below that, 13% to 33% of the lines of an
unrelated project in the same language are found by chance) and is not one of the lines that everybody writes:
imports, licence text, the head of a changelog, guards, trivial constructors and returns, boilerplate of data formats. What is common in one
project only is learned from that project, see `Index.with_common`.
"""

from __future__ import annotations

import json
import re
from enum import IntEnum
from functools import lru_cache

MIN_ALPHANUMERICS = 8
"""Letters and digits of an informative line. Chance hits: 33% of lines of any length, 13% from eight on."""

MIN_SIGNS = 2
"""Letters and digits below which a line is punctuation."""

MAX_KNOWN = 20_000
"""Lines that are remembered, some 3 MB: an editor, and a session that goes on with a file, ask for the same ones again."""

LONGEST_IDIOM = 160
"""Characters beyond which a line is its author's, whatever it starts with."""

_COPIED = (
    "copyright", "licen", "spdx", "warrant", "merchantab", "infringe", "hereby granted", "rights reserved",
    "redistribut", "without limitation", " liable", " liability", '"as is"',
    "keep a changelog", "semantic versioning", "keepachangelog", "semver.org", "notable changes",
    "github-actions[bot]", "${{ github.", "${{ secrets.",
)  # fmt: skip
"""Words of licence texts and of other texts that everybody copies; a substring test of them all is eight times faster than one expression."""

_SOME = re.compile(rf"(?:[\W_]*[^\W_]){{{MIN_SIGNS}}}")
_MANY = re.compile(rf"(?:[\W_]*[^\W_]){{{MIN_ALPHANUMERICS}}}")

_IMPORT = re.compile(
    r"""(?x)
    from \s+ [\w.]+ \s+ import \b | import \b | \# \s* include \b | \# \s* import \b | @import \b
    | using \s+ (?:static\s+|namespace\s+)? [\w.:<>=\s]+ ; | (?:pub\s+)? use \s+ [\w:{}*,\\\s]+ ;? $
    | package \s+ [\w.]+ ;? $ | namespace \s+ [\w.\\:]+ [;{]? $ | extern\s+crate \b | (?:pub\s+)? mod \s+ \w+ ;
    | require (?:_relative|_once)? \s* [('"] | include (?:_once)? \s* [('"]
    | (?:const|let|var) \s+ [\w{},\s:]+ = \s* require \s* \(
    | export \s+ (?:\*|type\s)? .* \b from \s+ ['"] | \} \s* from \s+ ['"]
    | (?:[\w.]+\s+)? "[\w.~/-]+" $
    """
)

_IDIOM = re.compile(
    r"""(?x)
    \#!.* | .*-\*-\s*coding.* | ['"]use\s(?:strict|client|server)['"];? | use\sstrict; | <\?(?:php|xml).* | <!(?i:doctype)\s.*
    | </?(?:html|head|body)\b[^<]*> | <meta\s+(?:charset|name="viewport").* | set\s+-[euxo]+(?:\s+\w+)*
    | \#\s*(?:ifndef|ifdef|define|endif|pragma|undef)\b[^"(]* | if\s+__name__\s*==.*
    | (?:async\s+)?def\s+(?:__\w+__|setUp|tearDown|setUpClass|main)\s*\(.{0,60} | super\(\)\.__init__\(.*\)
    | (?:self|this)\.(?P<field>\w+)\s*=\s*(?P=field);? | raise\s+NotImplementedError.* | throw\s+new\s+\w+\(\);?
    | return\b\s*[\w.]{0,20}\s*;? | return\s+\w+,\s*\w+ | return\s+[\w.]+\(\);? | [})\]]*\s*else\s*(?:if\b.{0,20})?[:{]?
    | except(?:\s+[\w., ()]+?)?(?:\s+as\s+\w+)?:(?:\s*pass)? | [}\s]*catch\s*\([^)]*\)\s*\{? | [}\s]*(?:try|finally)\s*[:{]?
    | (?:end|done|fi|esac|pass|break|continue|default|begin|do|then|nil|null|true|false)\b[;:,)]*
    | if\s+err(?::=.*;\s*err)?\s*!=\s*nil\s*\{ | return\s+(?:nil,\s*)+err | defer\s+\w+(?:\.\w+)*\(\)
    | @(?:staticmethod|classmethod|property|override|Override|Test|abstractmethod|dataclass|pytest\.fixture|Autowired)
      (?:\([\w=,.\s"'-]*\))?
    | (?:export\s+default|module\.exports\s*=)\s*\w*;? | (?:\w+\s*=\s*)?logging\.getLogger\(\w*\)
    | log(?:ger)?\s*=\s*logging\.getLogger\(__name__\)
    | public\s+static\s+void\s+main\(.* | int\s+main\(.* | func\s+main\(\).* | fn\s+main\(\).*
    | for\s*\(?\s*(?:int|let|var|auto|size_t)?\s*\w+\s*:?=\s*0\s*;.* | for\s+_?\w*\s+in\s+range\(\w+\):
    | with\s+open\(.{0,40}\s+as\s+\w+: | (?:\w+\s*=\s*)?(?:argparse\.ArgumentParser|\w+\.parse_args)\(.{0,20}
    | (?:describe|beforeEach|afterEach|before|after)\(\(?\)?\s*=>\s*\{ | \#\[(?:derive|test|cfg|allow)\b.*\]
    | .{0,4}(?:eslint-|pylint:|noqa|type:\s*ignore|nolint|prettier-ignore|@ts-).*
    | \#{1,6}\s+[\w-]+(?:\s+[\w-]+)? | [-=*_#/~\s]+
    | ["']?[\w.$-]+["']?\s*:\s*(?:["'][\w./:^~@-]{0,14}["']|-?[\d.]+|true|false|null|[\[{]{0,2}|[\w-]{1,14}),?;?
    | (?:export\s+|readonly\s+|local\s+)?\w+=\$?['"]\\(?:033|e|x1b|u001b)\[[\d;]*m['"]
    | -?\s*(?:uses:\s*actions/|runs-on:|permissions:|steps:|with:).*
    | (?:public|private|protected|static|final|const|void|class|struct|enum|interface|impl|fn|func|def|var|let|\s)*[{(:;]?
    """
)
"""Matched against the whole of the stripped line."""

_BARE = re.compile(
    r"""(?x)
    (?:sys\.|os\._?)?exit\(\s*main\(.{0,20}\)\s*\);? | raise\s+SystemExit\(\s*main\(.{0,20}\)\s*\) | (?:asyncio\.run\()?main\(.{0,20}\);?
    | (?:(?:export|default|public|final|abstract|data|pub)\s+)*(?:class|struct|enum|interface|trait|type)\s+\w+(?:\s+struct|\s+interface)?\s*(?:\(\))?\s*[:{]?
    | (?:async\s+)?def\s+[a-z]+\((?:self|cls)?\)(?:\s*->\s*[\w.]+)?: | get\s+\w+\(\)\s*\{
    | public\s+\w+\s+(?:get|is)\w+\(\)\s*\{ | return\s+(?:self|this)\.\w+;? | (?:self|this)\._?(?P<field>\w+)\s*=\s*_?(?P=field);?
    | (?:(?:const|let|var|private|static|final)\s+)*_?(?i:log|logger)\s*:?=\s*[\w.]+\([\w.]*\);?
    | (?:\w+\s*=\s*)?argparse\.ArgumentParser\(.* | (?:\w+\s*=\s*)?\w+\.parse_args\(.*
    """
)
"""The same: beside others of their author these lines count, by themselves anybody's."""


class Telling(IntEnum):
    """How much a line can tell."""

    NOTHING = 0
    """Brackets and the like, or a line that everybody writes."""
    LITTLE = 1
    """Too short to count, yet somebody's own."""
    ENOUGH = 2


@lru_cache(maxsize=MAX_KNOWN)
def telling(line: str) -> Telling:
    """How much a line can tell of where it came from."""
    text = line.strip()
    if not _SOME.match(text) or (len(text) <= LONGEST_IDIOM and _everyday(text)):
        return Telling.NOTHING
    lower = text.lower()
    if any(map(lower.__contains__, _COPIED)):
        return Telling.NOTHING
    return Telling.ENOUGH if _MANY.match(text) else Telling.LITTLE


def _everyday(text: str) -> bool:
    return bool(_IMPORT.match(text) or _IDIOM.fullmatch(text))


def informative(line: str) -> bool:
    """Whether a line can count for a match."""
    return telling(line) is Telling.ENOUGH


def bare(line: str) -> bool:
    """Whether a line tells nothing where it stands alone: the head of a class, a getter, the call of `main`."""
    text = line.strip()
    return len(text) <= LONGEST_IDIOM and _BARE.fullmatch(text) is not None


def plain(line: str) -> str:
    """A notebook's line as its author sees it: the string without JSON's quotes; any other line as it is."""
    text = line.strip().removesuffix(",")
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return line
    try:
        value = json.loads(text)
    except ValueError:
        return line
    return value.rstrip("\n") if isinstance(value, str) and "\n" not in value.rstrip("\n") else line
