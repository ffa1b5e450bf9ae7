"""Abbreviations that voices stumble over, by language.

Those with a blank are also found without it. English is the business of the voices' own normaliser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """How one language says what it writes short: titles before a name, numbered before a number, units behind one.

    ends: what may end a sentence, so that the stop belongs to both; what is anywhere does so only where a text ends.
    units: for one, with the word for it, and for others.
    """

    titles: dict[str, str]
    numbered: dict[str, str]
    anywhere: dict[str, str]
    ends: dict[str, str]
    units: dict[str, tuple[str, str]]


def _table(titles: str, numbered: str, anywhere: str, ends: str, units: str = "") -> Abbreviations:
    forms = {short: full.partition("/") for short, full in _entries(units).items()}
    return Abbreviations(
        titles=_entries(titles),
        numbered=_entries(numbered),
        anywhere=_entries(anywhere),
        ends=_entries(ends),
        units={short: (one, many) for short, (one, _, many) in forms.items()},
    )


def _entries(text: str) -> dict[str, str]:
    """ "Sr.=señor|Sra.=señora" as a mapping."""
    return dict(_entry(line) for line in text.split("|") if line)


def _entry(line: str) -> tuple[str, str]:
    short, _, full = line.partition("=")
    return short, full


ABBREVIATIONS: Final = {
    "de": _table(
        "Hr.=Herr|Fr.=Frau|Hrn.=Herrn|Dr.=Doktor|Prof.=Professor|St.=Sankt",
        "Nr.=Nummer|S.=Seite|Abb.=Abbildung|Kap.=Kapitel|Bd.=Band|Art.=Artikel|Abs.=Absatz|Tel.=Telefon|ca.=circa|"
        "min.=mindestens|max.=maximal",
        "z. B.=zum Beispiel|d. h.=das heißt|i. d. R.=in der Regel|z. T.=zum Teil|"
        "u. U.=unter Umständen|v. a.=vor allem|bzw.=beziehungsweise|ca.=circa|inkl.=inklusive|exkl.=exklusive|"
        "evtl.=eventuell|ggf.=gegebenenfalls|bzgl.=bezüglich|vgl.=vergleiche|Mio.=Millionen|Mrd.=Milliarden",
        "usw.=und so weiter|u. a.=unter anderem|Jh.=Jahrhundert|etc.=et cetera|MwSt.=Mehrwertsteuer",
        "Min=eine Minute/Minuten|min=eine Minute/Minuten|h=eine Stunde/Stunden|Std=eine Stunde/Stunden|"
        "Sek=eine Sekunde/Sekunden|Mio=eine Million/Millionen|Mrd=eine Milliarde/Milliarden",
    ),
    "es": _table(
        "Sr.=señor|Sra.=señora|Srta.=señorita|Sres.=señores|Sras.=señoras|Dr.=doctor|Dra.=doctora|Dña.=doña|"
        "Prof.=profesor|Profa.=profesora|Avda.=avenida|Av.=avenida|Sto.=santo|Sta.=santa",
        "pág.=página|págs.=páginas|núm.=número|n.º=número|nº=número|n°=número|N.º=número|art.=artículo|cap.=capítulo|"
        "tel.=teléfono|vol.=volumen|fig.=figura",
        "p. ej.=por ejemplo|aprox.=aproximadamente|Ud.=usted|Uds.=ustedes|"
        "Vd.=usted|Vds.=ustedes",
        "EE. UU.=Estados Unidos|etc.=etcétera|a. C.=antes de Cristo|d. C.=después de Cristo",
        "kg=un kilo/kilos|km=un kilómetro/kilómetros|km/h=un kilómetro por hora/kilómetros por hora|"
        "cm=un centímetro/centímetros|mm=un milímetro/milímetros|°C=un grado/grados|"
        "h=una hora/horas|min=un minuto/minutos",
    ),
    "fr": _table(
        "M.=monsieur|MM.=messieurs|Mme=madame|Mmes=mesdames|Mlle=mademoiselle|Mlles=mesdemoiselles|Dr=docteur|"
        "Dr.=docteur|Pr=professeur|Pr.=professeur|Bd=boulevard|Bd.=boulevard|bd.=boulevard|Av.=avenue|av.=avenue",
        "n°=numéro|nº=numéro|N°=numéro|Nº=numéro|p.=page|pp.=pages|art.=article|chap.=chapitre|fig.=figure|"
        "tél.=téléphone|Tél.=téléphone|env.=environ",
        "c.-à-d.=c'est-à-dire|p. ex.=par exemple|env.=environ",
        "etc.=et cetera|av. J.-C.=avant Jésus-Christ|apr. J.-C.=après Jésus-Christ|ap. J.-C.=après Jésus-Christ",
        "kg=un kilo/kilos|km=un kilomètre/kilomètres|km/h=un kilomètre heure/kilomètres heure|"
        "cm=un centimètre/centimètres|mm=un millimètre/millimètres|°C=un degré/degrés|"
        "h=une heure/heures|min=une minute/minutes",
    ),
    "it": _table(
        "Sig.=signor|sig.=signor|Sig.ra=signora|sig.ra=signora|Sig.na=signorina|Dott.=dottor|dott.=dottor|"
        "Dott.ssa=dottoressa|dott.ssa=dottoressa|Dr.=dottor|Prof.=professor|prof.=professor|Prof.ssa=professoressa|"
        "prof.ssa=professoressa|Ing.=ingegner|ing.=ingegner|Avv.=avvocato|avv.=avvocato",
        "n.=numero|nº=numero|n°=numero|pag.=pagina|pagg.=pagine|cap.=capitolo|art.=articolo|tel.=telefono|fig.=figura",
        "per es.=per esempio|p. es.=per esempio|ad es.=ad esempio|ca.=circa",
        "ecc.=eccetera|a.C.=avanti Cristo|d.C.=dopo Cristo",
        "kg=un chilo/chili|km=un chilometro/chilometri|km/h=un chilometro orario/chilometri orari|"
        "cm=un centimetro/centimetri|mm=un millimetro/millimetri|°C=un grado/gradi|"
        "h=un'ora/ore|min=un minuto/minuti",
    ),
    "pt": _table(
        "Sr.=senhor|Sra.=senhora|Srta.=senhorita|Srs.=senhores|Dr.=doutor|Dra.=doutora|Prof.=professor|"
        "Profa.=professora|Av.=avenida|Sto.=santo|Sta.=santa",
        "pág.=página|págs.=páginas|n.º=número|nº=número|n°=número|art.=artigo|cap.=capítulo|tel.=telefone|fig.=figura",
        "p. ex.=por exemplo|aprox.=aproximadamente",
        "etc.=etcétera|a.C.=antes de Cristo|d.C.=depois de Cristo",
        "kg=um quilo/quilos|km=um quilômetro/quilômetros|km/h=um quilômetro por hora/quilômetros por hora|"
        "cm=um centímetro/centímetros|mm=um milímetro/milímetros|°C=um grau/graus|"
        "h=uma hora/horas|min=um minuto/minutos",
    ),
}  # fmt: skip
