"""A report as a person reads it: the job's summary, and the comment of a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from didgen.github.markdown import COMMENT_CHARACTERS, SUMMARY_BYTES, fitting, listed, shown, size
from didgen.github.report import CHANGED, Report, Row

_URL = re.compile(r"https?://[^\s\"'<>()\\|]+")
_WIDE = 120  # px of a poster in the table
PROBLEMS_BYTES = 20_000
"""Of a comment, at most; the table has what is left."""
WORDS_IN_COMMENT, WORDS_IN_SUMMARY = 300, 2_000


def marker(report: Report) -> str:
    """What the comment of a report is found by. Several of one workflow have names of their own."""
    return f"<!-- didgen:{shown(report.name, 100)} -->"


def summary(report: Report, written: int = 0) -> str:
    """The job's summary. written: bytes that the step has put there before."""
    return _page(report, SUMMARY_BYTES - written, WORDS_IN_SUMMARY, SUMMARY_BYTES // 4)


def comment(report: Report) -> str:
    """The comment, with the marker first. Bytes are counted, which are never fewer than characters."""
    head = f"{marker(report)}\n"
    return head + _page(report, COMMENT_CHARACTERS - size(head), WORDS_IN_COMMENT, PROBLEMS_BYTES)


def _page(report: Report, room: int, words: int, problems: int) -> str:
    """Head, problems, table and foot, in no more than `room` bytes: what has none is counted instead."""
    head, foot = _head(report), _foot(report)
    room -= size(head) + size(foot)
    told = listed(_problems(report), report.findings, min(problems, room // 2)) if report.findings else ""
    return head + told + _table(report, room - size(told), words) + foot


def headline(report: Report) -> str:
    """ "2 scenes changed, 2 rendered, 5 the same"; in one line."""
    verb = "changed" if report.against else "to render"
    if report.code and not report.rows and not report.changed:
        return "it could not be planned" if report.command != "drift" else "something has left its lock"
    told = [f"{report.changed} scene{'s' * (report.changed != 1)} {verb}" if report.changed else "nothing changed"]
    counts = {"rendered": report.rendered, "fetched": report.fetched, "failed": report.failed, "the same": report.same}
    told += [f"{count} {what}" for what, count in counts.items() if count]
    return ", ".join(told)


def _head(report: Report) -> str:
    sign = "❌ " if report.code else ""
    return f"### {sign}didgen: {headline(report)}\n\n{_money(report)}\n"


def _money(report: Report) -> str:
    told = []
    if report.command == "build":
        by = (
            "the local engine, for nothing" if report.service == "local" else shown(report.service or "its service", 80)
        )
        told.append(f"Rendered by {by}." if report.rendered else "")
        told.append(f"Spent: {_credits(report.spent, report.spent)}." if report.spent else "")
    if report.paid and not report.spent:
        bought = _credits(report.credits, report.most)
        less = ", less what was bought already" if bought != "nothing" else ""  # the account and a store know more
        told.append(f"A release of this buys {bought}{less}.")
    return " ".join(one for one in told if one)


def _credits(credits: int | None, most: int | None) -> str:
    if credits is None or most is None:
        return "at an unknown price"
    if not most:
        return "nothing"
    return f"{credits} credit{'s' * (credits != 1)}" if credits == most else f"{credits} to {most} credits"


def _problems(report: Report) -> str:
    count = len(report.findings)
    return f"{count} problem{'s' * (count != 1)}"


def _table(report: Report, room: int, words: int) -> str:
    if not report.rows:
        return ""
    top = "\n| scene | changed words | length | cost |\n|---|---|--:|--:|\n"
    taken = fitting((_line(report, row, words) for row in report.rows), room - size(top) - 100)
    if not taken:
        return f"\n{len(report.rows)} scenes, too many for this page.\n"
    left = len(report.rows) - len(taken)
    more = f"\nand {left} more scene{'s' * (left != 1)}, in the log and the artifact\n" if left else ""
    return top + "".join(taken) + more


def _line(report: Report, row: Row, words: int) -> str:
    name = f"**{shown(row.address, 200)}**"
    if row.video and _link(report.films):
        seen = f'<img src="{_below(report.films, row.poster)}" width="{_WIDE}" alt="">' if row.poster else "video"
        name += f'<br><a href="{_below(report.films, row.video)}">{seen}</a>'
    said = "<br>".join([shown(text, words) for text in _words(row)])
    length = f"{row.seconds:.1f} s" if row.seconds else ""
    cost = _credits(row.credits, row.most) if report.paid and row.what != "removed" else ""
    return f"| {name} | {said} | {length} | {'–' if cost == 'nothing' else cost} |\n"


def _words(row: Row) -> Iterator[str]:
    """What is said of a scene: how it changed, and what a viewer should know."""
    if row.what in (*CHANGED[2:], "failed", "stop") or not row.words:
        yield {"stop": "stopped", "render": "to render"}.get(row.what, row.what)
    yield from row.words
    if row.note:
        yield f"! {row.note}"


def _foot(report: Report) -> str:
    links = {"page": report.page, "films": report.artifact, "log": report.run}
    told = [f"[{name}]({_link(url)})" for name, url in links.items() if _link(url)]
    told += [shown(report.sha[:12], 12)] if report.sha else []
    told += [f"against {shown(report.against[:12], 12)}"] if report.against else []
    return f"\n<sub>{' · '.join(told)}</sub>\n" if told else "\n"


def _link(url: str) -> str:
    """A link as it may stand in Markdown, "" for what is none."""
    return url if _URL.fullmatch(url) else ""


def _below(base: str, path: str) -> str:
    return f"{base.rstrip('/')}/{quote(path)}"
