"""The fifteen songs of the bank `classics`: what is sung, on which notes, over which chords.

Where the song a name stands for is free (traditional, or its author dead for more than seventy years), a few bars of it
are sung as remembered; where it is still protected, the tune and the words are ours, in its manner. `Tune.origin` says
which, and `projects/README.md` tells it to users.

A melody is written note by note: "G4/2=ma" is G above middle C for two beats on the syllable "ma"; without "=" the
note before goes on, on another pitch; "-/1" is a rest; a "!" behind the beats makes the note short. Syllables are
written by sound: S is sh, C ch, T th, A the murmured vowel of "the". Chords are "Dm/3": a chord for so many beats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Band = Literal["waltz", "ballad", "march", "swing", "rock", "latin"]
Register = Literal["soprano", "alto", "tenor", "baritone"]
Manner = Literal["hymn", "party", "opera", "folk", "soul"]
OURS: Final = "a tune of our own, in its manner"


@dataclass(frozen=True, slots=True)
class Tune:
    """origin: of words and tune. bpm: beats a minute. bar: beats in one. intro: beats before the first note. upbeat:
    beats that are sung before the first full bar."""

    origin: str
    bpm: float
    bar: int
    intro: float
    register: Register
    manner: Manner
    band: Band
    melody: str
    chords: str
    upbeat: float = 0.0


def tune_of(driver: str) -> Tune:
    """The song of "driver-amazing". Raises KeyError for a driver that does not sing."""
    return TUNES[driver.removeprefix("driver-")]


_AMAZING = """D4/1=A G4/2=mei B4/.5=zing G4/.5 B4/2=greis A4/1=hau G4/2=swit E4/1=TA D4/3=saund"""
_BIRTHDAY = """C4/.75=ha C4/.25=pi D4/1=bArT C4/1=dei F4/1=tu E4/2=yu
C4/.75=ha C4/.25=pi D4/1=bArT C4/1=dei G4/1=tu F4/2=yu
Bb4/.75=ha Bb4/.25=pi A4/1=bArT F4/1=dei G4/1=tu F4/2.5=yu"""
_CUCARACHA = """C4/.5=la C4/.5=ku C4/.5=ka F4/1.5=ra A4/1=Ca C4/.5=la C4/.5=ku C4/.5=ka F4/1.5=ra A4/1=Ca
F4/1=ya F4/.5=no E4/.5=pwe E4/.5=de D4/.5=ka D4/.5=mi C4/1.5=nar
C4/.5=por C4/.5=ke C4/.5=no E4/1.5=tie G4/1=ne C4/.5=por C4/.5=ke C4/.5=le E4/1.5=fal G4/1=ta
C5/.5=la D5/.5=la C5/.5=la Bb4/.5=la A4/.5=la G4/.5=la F4/2=la"""
_MOBILE = """A3/1=la A3/1=don A3/1=na C4/1.5=e Bb3/.5=mo G3/1=bi G3/1=kwal G3/1=piu G3/1=mal Bb3/1.5=ven A3/.5 F3/1=to
A3/1=la A3/1=don A3/1=na C4/1.5=e Bb3/.5=mo G3/1=bi G3/1=e G3/1=di G3/1=pen G3/1.5=sie E3/.5 F3/2=ro"""
_BRINDISI = """F4/1=la Bb4/2=la C5/1=la D5/2=la Eb5/.5=la D5/.5 C5/2=la D5/1=la Bb4/2=la
F4/1=la C5/2=la D5/1=la Eb5/2=la F5/.5=la Eb5/.5 D5/1=la C5/1=la A4/1=la Bb4/3=la"""
_BRINDISI_LOW = """F3/1=la Bb3/2=la C4/1=la D4/2=la Eb4/.5=la D4/.5 C4/2=la D4/1=la Bb3/2=la
F3/1=la C4/2=la D4/1=la Eb4/2=la F4/.5=la Eb4/.5 D4/1=la C4/1=la A3/1=la Bb3/3=la"""
_NIGHT = """D5/1=a F5/1=a A5/1.5=a G5/.5=a F5/1=a E5/1=a A5/.5!=a A5/.5!=a A5/.5!=a A5/.5!=a
C6/.5!=a A5/.5!=a F5/1!=a G5/.5!=a G5/.5!=a G5/.5!=a G5/.5!=a Bb5/.5!=a G5/.5!=a E5/1!=a
A5/.5!=a F5/.5!=a D6/.5!=a A5/.5!=a C#6/.5!=a E5/.5!=a D5/2=a"""
_FIRE = """D4/.5=fai G4/.5=rin B4/1=TA A4/.5=kan G4/.5=tri -/.5 G4/.5=it C5/.5=barnz C5/.5=ol B4/1=nait G4/2=long
D4/.5=o G4/.5=ol B4/1=TA C5/.5=nei B4/.5=barz -/.5 A4/.5=kam A4/.5=A G4/.5=long F#4/1=wiT G4/2=song"""
_NAVIDAD = """A4/1=fies A4/.5=ta B4/1.5=bo A4/.5=ni G4/.5=ta F#4/1=a G4/.5=mi A4/2.5=gos
B4/1=fies B4/.5=ta D5/1.5=bo C#5/.5=ni B4/.5=ta A4/1=se E4/.5=nyo F#4/2.5=ra"""
_SANTA = """G4/1=sleiz E4/.5=an G4/.5=belz A4/.5=kam G4/1.5=in E4/.5=snou D4/.5=an E4/.5=snou F4/.5=A G4/2=gen
C5/1=lait B4/.5=in A4/.5=TA G4/.5=win E4/1.5=dou A4/.5=hu G4/.5=kan F4/.5=it D4/.5=bi C4/2=den"""
_WISHES = """C4/.5=wi E4/.5=wiS G4/1=yu A4/.5=A G4/.5=dei E4/1=ov D4/.5=san F4/.5=an F4/1=lait E4/1.5=nau
C4/.5=keik E4/.5=an G4/.5=kan C5/1=dAlz B4/.5=tu A4/.5=wAn G4/1=yor E4/.5=dei F4/.5=wil D4/.5=bi C4/2=brait"""
_ALIVE = """E4/.5=o G4/.5=wat B4/1=A B4/1.5=dei B4/.5=tu C5/.5=bi G4/.5=sin E4/1=ging B4/1=hir G4/1=nau
E4/.5=TA G4/.5=san B4/1=iz D5/1=aut A4/.5=an A4/.5=sou G4/.5=am E4/.5=A G4/1=ai B4/.5=ai A4/.5 G4/2"""
_SOULS = """A3/.5=u C4/.5=wi E4/1=nou D4/.5=iC F4/.5=A D4/1=TAr C4/.5=fram E4/.5=A A3/1=long B3/1=A G3/1=gou
A3/.5=tu C4/.5=old E4/1=hanz D4/1=in G4/.5=TA D4/.5=fo B3/.5=ling C4/.5 A3/2.5=snou"""
_WAY = """G3/.5=an B3/.5=TA D4/1=roud B3/.5=gouz D4/.5=on B3/1=an D4/.5=an A3/.5=sou F#3/.5=du A3/.5 B3/2=ai
G3/.5=an B3/.5=TA D4/1=hilz C4/.5=an E4/.5=TA C4/1=rein B3/.5=gou D4/.5=bai A3/1=mi G3/2.5=bai"""
_ROCK = """E4/.5=rok E4/.5=in G4/.5=ol A4/.5=TA B4/1=nait G4/.5=long E4/.5=hei G4/.5=rok G4/.5=in B4/.5=ol A4/.5=TA
D5/1.5=nait B4/.5=til C5/.5=TA C5/.5=lait E5/.5=ov C5/.5=dei B4/.5=kamz G4/.5=an B4/.5=TA A4/.5=band
F#4/.5=gouz A4/1=houm G4/2.5=hei"""

TUNES: Final[dict[str, Tune]] = {
    "amazing": Tune("traditional (New Britain, 1829; J. Newton, 1779)", 92, 3, 1, "alto", "hymn", "ballad", _AMAZING,
                    "G/1 G/3 G/3 C/3 G/3", 1),
    "country-fire": Tune(OURS, 120, 4, 2, "tenor", "folk", "march", _FIRE, "G/4 C/1 G/3 G/4 D/2 G/2"),
    "feliz-navidad": Tune(OURS, 134, 4, 2, "tenor", "party", "latin", _NAVIDAD,
                          "D/1.5 G/2 A/2 D/2.5 G/1.5 G/2 A/2 D/2.5"),
    "happy-birthday-to-you": Tune("traditional (P. and M. Hill, 1893)", 138, 3, 2, "alto", "party", "waltz", _BIRTHDAY,
                                  "F/1 F/3 C7/3 C7/3 F/2 Bb/1 F/2 C7/1 F/2.5", 1),
    "here-comes-santa-claus": Tune(OURS, 126, 4, 1, "baritone", "party", "swing", _SANTA,
                                   "C/2 F/1 C/1.5 G7/1.5 C/2 C/2 C/2 F/1 G7/1 C/2"),
    "hope-you-have-happy-birthday": Tune(OURS, 126, 4, 1, "alto", "party", "swing", _WISHES,
                                         "C/2 F/.5 C/1.5 G7/1 F/1 C/1.5 C/1.5 C/1.5 F/.5 C/1.5 G7/1 C/2"),
    "its-good-to-be-alive": Tune(OURS, 122, 4, 1, "tenor", "soul", "rock", _ALIVE,
                                 "Em/2 G/2 C/2 G/2 Em/2 D/2 C/1 G/1 G/3"),
    "la-cucaracha": Tune("traditional (Mexico)", 186, 3, 2, "tenor", "party", "latin", _CUCARACHA,
                         "F/4 F/4 F/2 C7/3 C7/4 C7/4 F/2 C7/1 F/2", 1.5),
    "la-traviata-female": Tune(OURS, 176, 3, 2, "soprano", "opera", "waltz", _BRINDISI,
                               "Bb/1 Bb/3 Bb/3 F7/2 Bb/3 F/1 F7/3 F7/4 F7/2 Bb/3", 1),
    "la-traviata-male": Tune(OURS, 176, 3, 2, "tenor", "opera", "waltz", _BRINDISI_LOW,
                             "Bb/1 Bb/3 Bb/3 F7/2 Bb/3 F/1 F7/3 F7/4 F7/2 Bb/3", 1),
    "old-souls": Tune(OURS, 110, 4, 1, "baritone", "soul", "ballad", _SOULS, "Am/2 Dm/2 Am/2 G/2 Am/2 G/2 G/1 Am/2.5"),
    "on-my-way": Tune(OURS, 116, 4, 1, "baritone", "folk", "march", _WAY, "G/4 D/2 G/2 G/2 C/2 G/1 D/1 G/2.5"),
    "queen-of-the-night": Tune(OURS, 144, 4, 2, "soprano", "opera", "march", _NIGHT,
                               "Dm/2 Dm/1.5 A7/.5 Dm/1 A7/1 F/4 C7/4 Dm/2 A7/1 Dm/2"),
    "rigoletto": Tune("G. Verdi, 1851 (F. M. Piave)", 180, 3, 2, "tenor", "opera", "waltz", _MOBILE,
                      "F/3 C7/3 C7/3 F/3 F/3 C7/3 C7/5 F/2"),
    "rocking-around": Tune(OURS, 152, 4, 2, "alto", "party", "rock", _ROCK, "Em/4 G/2 G/2 C/2 G/2 D/2 G/2.5"),
}  # fmt: skip
