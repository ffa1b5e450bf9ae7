"""The page in a real browser: what a person sees, hears of and can do while scenes change beneath."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from didgen.errors import Place, Problem
from didgen.page.board import Board, Card, Clip
from didgen.page.export import export
from didgen.page.serving import served
from tests.page.browser import PATIENCE_S, Browser, chromium
from tests.page.clips import growing
from tests.page.sight import SCRIPT, VIDEO, chosen, pick, play_from, play_to, shown, slowly

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine (Debian: apt install chromium)")

XSS = (
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    '"><svg onload=window.hacked=1>',
    "<!--<script>window.hacked=1//",
    "javascript:window.hacked=1",
    "{{constructor.constructor('window.hacked=1')()}}",
    "\u2028window.hacked=1\u2029",
)


# -- it lives -----------------------------------------------------------------------------------------------------


def test_an_edit_appears_without_a_reload(page: Browser, board: Board) -> None:
    page.js("window.same = true")
    board.change("hello/welcome", script="An altogether new line.", state="rendering", stage="speech")
    page.wait("document.querySelector('[data-address=\"hello/welcome\"]').innerText.includes('An altogether new line')")
    board.change("hello/welcome", stage="frames", progress=0.42)
    page.wait("document.querySelector('[data-address=\"hello/welcome\"]').innerText.includes('42 %')")
    assert page.js("document.querySelector('.stage').innerText.includes('Rendering 42 %')")
    board.show([Card("hello/only", "hello", script="All others are gone.")])
    page.wait("document.querySelectorAll('.scene').length === 1")
    assert ["hello/only"] == shown(page)
    assert page.js("window.same")


def test_what_plays_goes_on_while_its_scene_changes_and_the_new_version_is_offered(
    page: Browser, board: Board, clips: dict[str, Clip]
) -> None:
    """Nobody's place is lost to somebody else's edit; taking it goes on at the same word."""
    play_from(page, 0.3)
    source = page.js(f"{VIDEO}.src")
    board.change("hello/welcome", state="rendering", stage="frames", progress=0.1)
    board.change(
        "hello/welcome", state="up-to-date", clip=clips["second"], script="Good morning, nobody at all is there."
    )
    page.wait("!document.querySelector('.offer').hidden")
    assert source == page.js(f"{VIDEO}.src")
    before = page.js(f"{VIDEO}.currentTime")
    page.wait(f"{VIDEO}.currentTime > {before} && !{VIDEO}.paused")
    page.press("n")
    page.wait(f"{VIDEO}.src !== {json.dumps(source)}")
    assert page.js(f"{VIDEO}.currentTime") >= before - 0.05
    assert not page.js(f"{VIDEO}.paused")
    assert page.js("document.querySelector('.offer').hidden")


def test_what_rests_is_swapped_at_the_same_word(page: Browser, board: Board, clips: dict[str, Clip]) -> None:
    """ "there." is the sixth word of the first video and the seventh of the second."""
    page.js(f"{VIDEO}.currentTime = 2.6")
    page.wait("document.querySelector('.word.now')?.innerText === 'there.'")
    source = page.js(f"{VIDEO}.src")
    board.change("hello/welcome", clip=clips["second"], script="Good morning, nobody at all is there.")
    page.wait(f"{VIDEO}.src !== {json.dumps(source)}")
    assert 3.1 == pytest.approx(page.js(f"{VIDEO}.currentTime"), abs=0.05)
    assert "there." == page.js("document.querySelector('.word.now').innerText")
    assert page.js(f"{VIDEO}.paused")


def test_a_rendering_scene_shows_its_first_pictures_while_it_grows(
    page: Browser, board: Board, clips: dict[str, Clip], tmp_path: Path
) -> None:
    """And the finished video takes over where it was."""
    with growing(tmp_path, "new", 200) as path:
        board.change("hello/welcome", state="rendering", stage="frames", progress=0.25, growing=path)
        page.wait(
            f"{VIDEO}.dataset.source.includes('/growing/') && {VIDEO}.readyState >= 2 && {VIDEO}.videoWidth === 160"
        )
        light = page.js(
            "(() => { const c = document.createElement('canvas'); c.width = c.height = 4; const x = c.getContext('2d');"
            f"x.drawImage({VIDEO}, 100, 100, 40, 40, 0, 0, 4, 4); return x.getImageData(1, 1, 1, 1).data[0]; "
            "})()"
        )
        assert 200 == pytest.approx(light, abs=8)
        slowly(page, 1 / 4)
        page.press(" ")
        page.wait(f"{VIDEO}.currentTime > 0.2")
    board.change("hello/welcome", state="up-to-date", growing=None, clip=clips["second"])
    page.wait(f"{VIDEO}.dataset.source.includes('/files/') && !{VIDEO}.paused")
    assert page.js(f"{VIDEO}.currentTime") >= 0.2


def test_a_failure_is_shown_with_its_reason_and_place_and_goes_when_it_is_mended(page: Browser, board: Board) -> None:
    board.change("hello/more", state="failed", reason="no face was found in anna.jpg")
    page.wait("document.querySelector('[data-address=\"hello/more\"]').innerText.includes('no face was found')")
    page.press("j")
    page.wait("!document.querySelector('.failure').hidden")
    told = page.js("document.querySelector('.failure').innerText")
    assert "no face was found in anna.jpg" in told
    assert "projects/hello/project.yaml:9:5" in told
    assert page.js("document.title").startswith("✗ 1")
    board.change("hello/more", state="up-to-date", reason="")
    page.wait("document.querySelector('.failure').hidden && !document.title.includes('✗')")
    assert "no face" not in page.text()


def test_trouble_of_the_workspace_stands_above_what_stays_and_clears(page: Browser, board: Board) -> None:
    cards = board.since(0).cards
    board.trouble([Problem("is not closed", Place("projects/hello/project.yaml", 3, 7), "scenes", "close it with ]")])
    page.wait("!document.getElementById('problems').hidden")
    assert "projects/hello/project.yaml:3:7 scenes is not closed close it with ]" == page.js(
        "document.getElementById('problems').innerText"
    )
    assert 5 == len(shown(page))
    board.show(cards, board.since(0).films)
    page.wait("document.getElementById('problems').hidden")


def test_it_finds_the_board_again_after_the_server_was_away(browser: Browser, board: Board) -> None:
    """And says so meanwhile."""
    with served(board, 0) as url:
        browser.go(url)
        browser.wait("document.querySelectorAll('.scene').length === 5")
    browser.wait("document.getElementById('live').innerText.includes('not connected')")
    again = Board("my films")
    again.show([Card("hello/other", "hello")])
    with served(again, int(url.rsplit(":", 1)[1].strip("/"))):
        browser.wait("document.querySelectorAll('.scene').length === 1")
        assert ["hello/other"] == shown(browser)
        assert "live" == browser.js("document.getElementById('live').innerText")
        browser.go("about:blank")


# -- it is safe ---------------------------------------------------------------------------------------------------


def test_a_page_that_was_left_keeps_no_connection(page: Browser, board: Board) -> None:
    """A browser keeps it for going back; six that listen would leave none for a video."""
    url = page.js("location.href")
    for _ in range(8):
        page.go("about:blank")
        page.go(url)
        page.wait(f"{VIDEO} && {VIDEO}.readyState >= 2")
    until = time.monotonic() + PATIENCE_S
    while board.listeners >= 6 and time.monotonic() < until:  # the server hears a moment later that somebody left
        time.sleep(0.02)
    assert board.listeners < 6


def test_text_is_text_wherever_it_comes_from(browser: Browser, clips: dict[str, Clip], tmp_path: Path) -> None:
    """Markup in scripts, names, reasons and words is shown as it is written, on the served and on the exported page."""
    bad = " ".join(XSS)
    words = tuple((text, k * 0.1, k * 0.1 + 0.1) for k, text in enumerate(XSS))
    evil = replace(clips["first"], words=words)
    former = replace(clips["second"], words=words[::-1])
    board = Board(f"films {bad}")
    card = Card(f"p/{bad}", "p", "failed", f"p{bad}", bad, bad, bad, evil, former, reason=bad, place=bad, why=(bad,))
    board.show([card, Card("p/2", "p", locale="de", row="2")], {f"p{bad}#film": [f"p/{bad}", "p/2"]})
    board.trouble([Problem(bad, Place(bad, 1, 1), bad, bad)])
    where = export(board, tmp_path / "out")
    with served(board, 0) as url:
        for address in (url, where.as_uri()):
            browser.go(f"{address}#q=&scene={XSS[0]}")
            browser.wait(f"document.querySelectorAll('.scene').length === 2 && {VIDEO}.readyState >= 2")
            for key in ("b", "c", "b", "c", " ", "p"):
                browser.press(key)
            browser.wait(f"{VIDEO}.currentTime > 0.3")
            assert browser.js("window.hacked === undefined")
            assert 0 == browser.js(
                "document.querySelectorAll('.stage svg, .list svg, #problems img, .script img, svg').length"
            )
            for text in XSS[:4]:
                assert text in browser.js("document.querySelector('.stage .script').textContent"), address
            assert browser.js("document.title").endswith(board.title)
        browser.go("about:blank")


def test_the_policy_stops_what_would_slip_in(page: Browser) -> None:
    """Were there a hole, it would lead nowhere."""
    assert "TrustedHTML" in page.js(
        "(() => { try { document.body.innerHTML = '<b>x</b>'; return ''; } catch (e) { return String(e); } })()"
    )
    page.js(
        "(() => { const s = document.createElement('style'); s.textContent = 'body { display: none }';"
        "document.head.append(s); })()"
    )
    assert "none" != page.js("getComputedStyle(document.body).display")
    assert "refused" == page.js("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")
    page.events.clear()  # of these the browser complains rightly


# -- it can be used -----------------------------------------------------------------------------------------------


def test_filters_and_search_narrow_the_list_and_stay_in_the_address(page: Browser) -> None:
    pick(page, "project", "team")
    assert ["team/you[people=anna]", "team/you[people=bob]"] == shown(page)
    pick(page, "row", "bob")
    assert ["team/you[people=bob]"] == shown(page)
    kept = page.js("location.href")
    page.go("about:blank")
    page.go(kept)
    page.wait("document.querySelectorAll('.scene').length === 1")
    assert ["team/you[people=bob]"] == shown(page)
    page.js("location.hash = '#locale=en'")
    page.wait("document.querySelectorAll('.scene').length === 3")
    page.press("/")
    for key in "short":
        page.press(key)
    assert ["hello/more", "hello/last"] == shown(page)
    page.press("Escape")
    assert ["hello/welcome", "hello/more", "hello/last"] == shown(page)
    assert page.js("document.activeElement !== document.getElementById('search')")
    page.js("location.hash = '#'")
    page.wait("document.querySelectorAll('.scene').length === 5")
    page.js("document.querySelector('.states [data-state=stale]').click()")
    assert ["team/you[people=anna]", "team/you[people=bob]"] == shown(page)


def test_the_keyboard_does_it_all(page: Browser) -> None:
    for key in ("j", "ArrowDown"):
        page.press(key)
    assert "hello/last" == chosen(page)
    for key in ("k", "ArrowUp", "k"):
        page.press(key)
    assert "hello/welcome" == chosen(page)
    page.wait(f"{VIDEO}.videoWidth && {VIDEO}.duration > 2")
    page.press("ArrowRight")
    page.wait(f"Math.abs({VIDEO}.currentTime - 2) < 0.1")
    page.press("ArrowLeft")
    page.wait(f"{VIDEO}.currentTime < 0.1")
    play_to(page, 0.1)
    page.press(" ")
    page.wait(f"{VIDEO}.paused")
    page.press("m")
    assert page.js(f"{VIDEO}.muted")
    page.press("m")
    page.press("?")
    assert page.js("document.getElementById('help').open")
    page.press("Escape")
    page.wait("!document.getElementById('help').open")
    page.press("f")
    assert "false" == page.js("document.getElementById('follow').getAttribute('aria-pressed')")


def test_words_light_up_as_they_are_spoken(page: Browser) -> None:
    assert SCRIPT == page.js("document.querySelector('.script').textContent")
    assert not page.js("document.querySelector('.script').classList.contains('running')")
    play_from(page, 0.6)
    page.press(" ")
    page.wait(f"{VIDEO}.paused")
    word = f"{json.dumps(SCRIPT.split())}[Math.floor({VIDEO}.currentTime / 0.5)]"
    page.wait(f"document.querySelector('.word.now').textContent === {word}")
    page.js("[...document.querySelectorAll('.word')].find((word) => word.textContent === 'and').click()")
    page.wait("document.querySelector('.word.now').textContent === 'and'")
    assert 2.0 == pytest.approx(page.js(f"{VIDEO}.currentTime"), abs=0.05)


def test_the_film_plays_scene_after_scene_with_captions(page: Browser) -> None:
    page.press("j")
    page.press("p")
    page.wait("document.querySelector('[aria-current]').closest('.scene').dataset.address === 'hello/last'")
    assert "showing" == page.js(f"{VIDEO}.textTracks[0].mode")
    assert "Short." == page.js(f"{VIDEO}.textTracks[0].cues[0].text")
    page.wait("document.querySelector('.controls [aria-pressed]').getAttribute('aria-pressed') === 'false'")
    assert "hello/last" == chosen(page)


def test_before_and_after_play_side_by_side_in_time(page: Browser, board: Board, clips: dict[str, Clip]) -> None:
    board.change("hello/welcome", clip=clips["second"], script="Good morning, nobody at all is there.")
    page.wait(f"{VIDEO}.duration > 3.2")
    page.press("b")
    page.wait("document.querySelector('.screen').dataset.mode === 'two'")
    page.wait("document.querySelector('.before video').readyState >= 2")
    assert "Good morning, everybody here and nobody at all is there." == " ".join(
        page.js("document.querySelector('.written').textContent").split()
    )
    assert "everybody here and" == page.js("document.querySelector('.written del').textContent")
    play_from(page, 0.8)
    page.wait(f"Math.abs(document.querySelector('.before video').currentTime - {VIDEO}.currentTime) < 0.3")
    page.wait("!document.querySelector('.before video').paused")
    page.press(" ")
    page.wait("document.querySelector('.before video').paused")
    page.press("ArrowLeft")
    page.wait(f"Math.abs(document.querySelector('.before video').currentTime - {VIDEO}.currentTime) < 0.05")
    page.press("b")
    page.wait("document.querySelector('.screen').dataset.mode === 'one'")


def test_a_former_video_that_is_on_its_way_comes_to_a_place_chosen_meanwhile(
    page: Browser, board: Board, clips: dict[str, Clip]
) -> None:
    board.change("hello/welcome", clip=clips["second"], script="Good morning, nobody at all is there.")
    page.wait(f"{VIDEO}.duration > 3.2")
    page.press("b")
    former = "document.querySelector('.before video')"
    page.wait(f"{former}.readyState >= 2 && !{former}.seeking")
    right = "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))"
    assert page.js(f"{former}.currentTime = 2.5, {former}.seeking && ({right}, {former}.seeking)")
    page.wait(f"!{former}.seeking && {VIDEO}.currentTime > 0.5")
    page.wait(f"Math.abs({former}.currentTime - {VIDEO}.currentTime) < 0.05")


def test_a_former_video_that_comes_late_comes_to_the_place_that_is_shown(
    page: Browser, board: Board, clips: dict[str, Clip]
) -> None:
    board.change("hello/welcome", clip=clips["second"], script="Good morning, nobody at all is there.")
    page.wait(f"{VIDEO}.duration > 3.2")
    page.press("ArrowRight")
    page.wait(f"{VIDEO}.currentTime > 0.5 && !{VIDEO}.seeking")
    page.press("b")
    page.wait(f"Math.abs(document.querySelector('.before video').currentTime - {VIDEO}.currentTime) < 0.05")


def test_an_edit_is_followed_unless_somebody_is_watching(page: Browser, board: Board) -> None:
    board.change("team/you[people=bob]", state="rendering", stage="speech")
    page.wait("document.querySelector('[aria-current]').closest('.scene').dataset.address === 'team/you[people=bob]'")
    page.press("k")
    for _ in range(3):
        page.press("k")
    assert "hello/welcome" == chosen(page)
    page.wait(f"{VIDEO} && {VIDEO}.duration > 2")
    play_from(page, 0.1)
    board.change("team/you[people=anna]", state="rendering", stage="speech")
    page.wait("document.querySelector('[data-address=\"team/you[people=anna]\"]').innerText.includes('speaking')")
    assert "hello/welcome" == chosen(page)


def test_an_exported_page_is_whole_without_a_server(browser: Browser, board: Board, tmp_path: Path) -> None:
    index = export(board, tmp_path / "sent")
    browser.size(1440, 900)
    browser.go(f"{index.as_uri()}#scene=hello%2Fmore")
    browser.wait(f"{VIDEO} && {VIDEO}.readyState >= 2")
    assert "hello/more" == chosen(browser)
    assert browser.js(f"{VIDEO}.src").startswith("file:")
    browser.press("k")
    browser.wait(f"{VIDEO}.duration > 2")
    play_to(browser, 0.3)
    browser.wait("document.querySelector('.word.now')")
    browser.wait(
        "[...document.querySelectorAll('.thumb img')].filter((one) => one.complete && one.naturalWidth).length === 3"
    )
    assert "my films" == browser.js("document.title")
    assert [] == browser.complaints()
    browser.go("about:blank")


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_it_fits_every_screen(page: Browser, board: Board, clips: dict[str, Clip], width: int) -> None:
    """Nothing is wider than the window, long words included, and buttons can be hit by a finger."""
    long = "Donaudampfschifffahrtsgesellschaftskapitän" * 4
    board.change("hello/welcome", script=long, clip=replace(clips["first"], words=((long, 0.0, 2.0),)))
    page.size(width, 844)
    page.wait("document.querySelector('.script').textContent.length > 100")
    assert page.js("document.documentElement.scrollWidth <= innerWidth")
    small = page.js(
        "[...document.querySelectorAll('button, select, input')]"
        ".filter((one) => one.offsetParent && one.offsetHeight < 24).length"
    )
    assert 0 == small


def test_who_wants_less_motion_gets_none(page: Browser) -> None:
    page.size(1440, 900, calm=True)
    moving = page.js(
        "[...document.querySelectorAll('*')].map((one) => getComputedStyle(one))"
        ".filter((one) => one.animationName !== 'none' || parseFloat(one.transitionDuration) > 0).length"
    )
    assert 0 == moving


def test_everything_that_can_be_used_has_a_name(page: Browser) -> None:
    """For who hears the page."""
    nameless = page.js(
        "[...document.querySelectorAll('button, select, input, video[controls], progress')].filter((one) =>"
        "!(one.getAttribute('aria-label') || one.textContent.trim() || one.closest('label')?.textContent.trim()))"
        ".map((one) => one.outerHTML.slice(0, 80))"
    )
    assert [] == nameless
