"""What is wrong with a template, in the words of those who write one and not of Jinja. Loaded for a mistake only."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from didgen.catalog.nearest import nearest

TAGS = ("if", "for", "set", "include", "import", "from", "macro", "call", "filter", "block", "extends", "raw", "with")
BRANCHES = ("elif", "else")
_MEANT = {"elseif": "elif", "elsif": "elif", "elf": "elif", "end": "endif"}
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_TAG = re.compile(r"\{%[-+]?\s*(\w+)([^%]*)")
_ANY = re.compile(r"\{[{%#]")
_INSTEAD = {
    "&": "write `and`",
    "!": "write `not`, or != to compare",
    "?": "write {{ a if b else c }}",
    ";": "leave it out",
    "'": "a quote is not closed before it",
    '"': "a quote is not closed before it",
} | dict.fromkeys("“”„‚‘’«»", "use straight quotes: ' or \"")


@dataclass(frozen=True, slots=True)
class Words:
    """message, hint: as in a problem. line, column: from 1 in the template; column 0: unknown."""

    message: str
    line: int
    column: int = 0
    hint: str = ""


def in_words(said: str, source: str, line: int, filters: Collection[str] = ()) -> Words:
    """A complaint of Jinja's about a line of a template. filters: those that there are."""
    for pattern, make in _KNOWN:
        if (match := re.match(pattern, said)) is not None:
            return make(_Told(match, source, line, filters))
    return Words(said, line, _column(source, line, said))


@dataclass(frozen=True, slots=True)
class _Told:
    match: re.Match[str]
    source: str
    line: int
    filters: Collection[str]

    def words(self, message: str, hint: str = "", part: str = "") -> Words:
        """At that part of the line; else where its first tag begins."""
        return Words(message, self.line, _column(self.source, self.line, part), hint)


def _column(source: str, line: int, part: str) -> int:
    """Where a part of a line stands, behind the line's first tag; where that tag begins when it is not there."""
    text = (source.splitlines() or [""])[line - 1 : line]
    if not text:
        return 0
    named = re.match(r"'(\w+)' is undefined|.*has no attribute '(\w+)'", part)
    tag = _ANY.search(text[0])
    begin = tag.start() if tag else 0
    wanted = (named[1] or named[2]) if named else part
    at = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)").search(text[0], begin) if wanted else None
    return (at.start() if at else begin) + 1


def _unknown_tag(told: _Told) -> Words:
    name, opened = told.match["tag"], told.match["open"]
    if name.startswith("end") and name[3:] in TAGS:
        begin = name[3:]
        if opened:
            return _at_tag(
                told, f"{{% {name} %}} stands where {{% {opened} %}} is open", f"close it with {{% end{opened} %}}"
            )
        return _at_tag(told, f"{{% {name} %}} closes nothing", f"there is no {{% {begin} %}} before it")
    if name in BRANCHES:
        return _at_tag(told, f"{{% {name} %}} stands outside of any {{% if %}}", "begin with {% if … %}")
    close = f"did you mean {_MEANT[name]!r}?" if name in _MEANT else nearest(name, (*TAGS, *BRANCHES))
    hint = (
        close if close.startswith("did you") else f"a value is {{{{ {name} }}}}; {close.replace('known', 'tags are')}"
    )
    return _at_tag(told, f"there is no tag {name!r}", hint)


def _at_tag(told: _Told, message: str, hint: str) -> Words:
    text = (told.source.splitlines() or [""])[told.line - 1 : told.line]
    at = re.search(rf"\{{%[-+]?\s*{told.match['tag']}", text[0]) if text else None
    return Words(message, told.line, at.start() + 1 if at else 0, hint)


def _never_closed(told: _Told) -> Words:
    """At the tag that is open, not at the end of the text."""
    name = told.match["open"]
    depth, found = 0, None
    for tag in reversed(list(_TAG.finditer(told.source))):
        if tag[1] == f"end{name}":
            depth += 1
        elif tag[1] == name:
            depth -= 1
            if depth < 0:
                found = tag.start()
                break
    place = _place(told.source, found) if found is not None else (told.line, 0)
    return Words(f"{{% {name} %}} is never closed", *place, f"close it with {{% end{name} %}}")


def _place(source: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, from 1."""
    return source.count("\n", 0, at) + 1, at - source.rfind("\n", 0, at)


def _too_much(told: _Told) -> Words:
    """Something stands where a tag should end: it is not closed, or holds too much."""
    begin = "{{" if "print" in told.match["end"] else "{%"
    start = _start_of(told, begin)
    if start is not None and _CLOSING[begin] not in _until_next(told.source, start):
        where = _place(told.source, start)
        return Words(f"{begin} is never closed", *where, f"close it with {_CLOSING[begin]}")
    got = told.match["got"]
    if got == "=":
        return told.words("a single = compares nothing", "write == to compare", "=")
    if begin == "{{":
        return told.words(
            f"there is more than one value in {{{{ }}}}: {_shown(got)}", "a name has no blanks; join values with ~", got
        )
    return told.words(f"{_shown(got)} is too much, or something is missing before it", "", got)


def _start_of(told: _Told, begin: str) -> int | None:
    """The last beginning of a tag at or before the line at which Jinja stopped."""
    lines = told.source.splitlines(keepends=True)
    end = sum(map(len, lines[: told.line]))
    starts = [at.start() for at in re.finditer(re.escape(begin), told.source[:end])]
    unclosed = [at for at in starts if _CLOSING[begin] not in _until_next(told.source, at)]
    return unclosed[0] if unclosed else (starts[-1] if starts else None)


def _until_next(source: str, start: int) -> str:
    following = _ANY.search(source, start + 2)
    return source[start : following.start() if following else len(source)]


def _shown(token: str) -> str:
    return {"integer": "a number", "string": "a text", "float": "a number"}.get(token, token)


def _letter(told: _Told) -> Words:
    letter, at = told.match["letter"].replace("\\'", "'"), int(told.match["at"])
    hint = _INSTEAD.get(letter, "text stands in quotes")
    return Words(f"{letter} means nothing here", *_place(told.source, min(at, len(told.source))), hint)


def _filter(told: _Told) -> Words:
    name = told.match["name"]
    return told.words(f"there is no filter {name!r}", nearest(name, told.filters), name)


def _nothing(told: _Told) -> Words:
    got = told.match["got"]
    if got.startswith("end of print"):
        return told.words("{{ }} is empty", "write a name in it", "")
    before = "%}" if got.startswith("end of") else got
    return told.words(f"something is missing before {before}", "")


def _left_over(told: _Told) -> Words:
    if re.search(r"(?<![=!<>])=(?!=)", told.source):
        return told.words("a single = compares nothing", "write == to compare", "=")
    return told.words("something is left over behind the condition", "join conditions by `and` or `or`")


def _open_end(told: _Told) -> Words:
    """The text ends within a tag."""
    start = max(told.source.rfind(begin) for begin in _CLOSING)
    begin = told.source[start : start + 2] if start >= 0 else "{{"
    return Words(f"{begin} is never closed", *_place(told.source, max(0, start)), f"close it with {_CLOSING[begin]}")


def _alone(told: _Told) -> Words:
    got = told.match["got"]
    return told.words(f"{got} closes nothing", "a value is closed by }}" if got == "}" else "")


def _sum(told: _Told) -> Words:
    sign = told.match["sign"]
    hint = "a name has no hyphen: write _" if sign == "-" else "join texts with ~"
    return told.words(f"text is no number: {sign} does not work on it", hint)


_GOT = r"got '(?P<got>.*)'"
_KNOWN: tuple[tuple[str, Callable[[_Told], Words]], ...] = (
    (r"Encountered unknown tag '(?P<tag>\w+)'\.(?:.*needs to be closed is '(?P<open>\w+)')?", _unknown_tag),
    (r"Unexpected end of template\..*needs to be closed is '(?P<open>\w+)'", _never_closed),
    (r"unexpected end of template", _open_end),
    (rf"expected token 'end of (?P<end>print statement|statement block)', {_GOT}", _too_much),
    (rf"expected token 'in', {_GOT}", lambda t: t.words("{% for %} lacks its `in`", "write {% for one in all %}")),
    (r"Missing end of comment tag", lambda t: t.words("{# is never closed", "close it with #}")),
    (r"No filter named '(?P<name>[^']+)'", _filter),
    (r"unexpected char (['\"])(?P<letter>.+)\1 at (?P<at>\d+)", _letter),
    (rf"Expected an expression, {_GOT}", _nothing),
    (r"unexpected '(?P<got>end of [a-z ]+)'", _nothing),
    (r"unexpected '(?P<got>[})\]])'", _alone),
    (r"tag name expected", lambda t: t.words("{% %} is empty", "write a tag in it, or leave it out")),
    (r"chunk after expression", _left_over),
    (r"unsupported operand type\(s\) for (?P<sign>\S+): .*'str'", _sum),
    (r"can only concatenate (?P<sign>str)", lambda t: t.words("a text and a number are not added", "join them with ~")),
    (r"'\w+' object is not callable", lambda t: t.words("what stands before ( ) is no macro", "leave out the ( )")),
)
