"""didgen.engine.speech.ssml: breaks and substitutions, and clear words about broken markup."""

from __future__ import annotations

import pytest

from didgen.engine.shot import TextScript
from didgen.engine.speech.script import PARAGRAPH_PAUSE_S, utterances
from didgen.engine.speech.ssml import MAX_BREAK_S, MAX_REST_S, parse
from didgen.errors import RenderError


def pauses(markup: str) -> list[tuple[str, float]]:
    return [(u.written, u.pause_s) for u in utterances(TextScript(markup, "heart", ssml=True))]


@pytest.mark.parametrize(
    ("tag", "seconds"),
    [
        ('<break time="800ms"/>', 0.8),
        ('<break time="1.5s"/>', 1.5),
        ('<break time="0s"/>', 0.0),
        ('<break strength="strong"/>', 0.7),
        ("<break/>", 0.4),
        ('<break time="90s"/>', MAX_BREAK_S),
    ],
)
def test_a_break_sets_the_pause_before_it(tag: str, seconds: float) -> None:
    """The rest after the words before the tag is as long as it says, up to twenty seconds."""
    assert ("One", seconds) == pauses(f"<speak>One {tag} two.</speak>")[0]


def test_breaks_in_a_row_add_up() -> None:
    """Two of a second are two seconds, never more than a minute; also where a voice ends between them."""
    assert ("One", 2.0) == pauses('One <break time="1s"/> <break time="1s"/>two')[0]
    assert ("One", 2.0) == pauses('<voice name="am_puck">One <break time="1s"/></voice><break time="1s"/>two')[0]
    assert ("One", MAX_REST_S) == pauses("One" + '<break time="19s"/>' * 4 + "two")[0]


def test_a_break_may_stand_first_and_alone() -> None:
    """Before the first word it is a rest without words; nothing but breaks is a script, as at the service."""
    assert [("", 2.0), ("One", PARAGRAPH_PAUSE_S)] == pauses('<speak><break time="2s"/>One</speak>')
    assert [("", 10.0)] == pauses('<break time="5000ms"/><break time="5000ms"/>')
    with pytest.raises(RenderError, match="nothing to say"):
        pauses('<break time="0s"/>')


def test_other_tags_leave_their_text() -> None:
    """Prosody, emphasis and a vendor's own tags are dropped, entities are read."""
    markup = (
        '<?xml version="1.0"?><speak xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">'
        '<mstts:express-as style="cheerful">Salt &amp; <prosody rate="slow">pepper</prosody></mstts:express-as></speak>'
    )
    assert ["Salt & pepper"] == [text for text, _ in pauses(markup)]


def test_a_fragment_is_enough() -> None:
    """The outer `speak` may be left out."""
    assert [("Hi ", 0.2), ("you", None)] == [(p.text, p.break_s) for p in parse('Hi <break time="200ms"/>you')]


def test_p_and_s_part_sentences() -> None:
    """What stands in two of them is never one sentence."""
    assert ["one", "two", "three"] == [text for text, _ in pauses("<speak><p>one</p><s>two</s><s>three</s></speak>")]


def test_sub_is_spoken_one_way_and_written_another() -> None:
    """The alias is spoken, the text stays for captions, and its stop ends no sentence."""
    found = utterances(TextScript('Use <sub alias="cube dot. Control">kube ctl</sub> now', "heart", ssml=True))
    assert [("Use kube ctl now", "Use cube dot. Control now")] == [(u.written, u.spoken) for u in found]


@pytest.mark.parametrize(
    "markup",
    [
        "<speak>one",
        "<speak>one</p></speak>",
        "a & b",
        "<speak/>two",
        '<break time="soon"/>',
        "<!DOCTYPE x [<!ENTITY a 'b'>]><speak>&a;</speak>",
        "<speak><!DOCTYPE x></speak>",
    ],
)
def test_malformed_markup_is_one_clear_error(markup: str) -> None:
    """Unclosed tags, bare ampersands and declarations are refused in words."""
    with pytest.raises(RenderError, match="SSML is malformed") as caught:
        parse(markup)
    assert "ValidationError" == caught.value.kind


def test_deep_nesting_is_no_trap() -> None:
    """Thousands of tags inside each other are read like any other."""
    assert "deep" == parse("<a>" * 4000 + "deep" + "</a>" * 4000)[0].text
