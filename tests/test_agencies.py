"""Agency detection: lines as newspapers print them, and near misses."""

import pytest

from newscrawl.export.agencies import agency
from newscrawl.items import Article, Copy, Source

BODY = {
    "fr": "Le conseil communal a adopté mardi son budget, en hausse de trois pour cent.",
    "ar": "صادق المجلس الجماعي يوم الثلاثاء على ميزانيته التي ارتفعت بثلاثة في المائة.",
    "en": "The town council passed its budget on Tuesday, up by three per cent.",
}

# Byline, begin of the text (before a body in that language), end of the text, agency.
TRUTH: list[tuple[str, str, str, str, str | None]] = [
    # By byline.
    ("fr", "AFP", "", "", "AFP"),
    ("fr", "Par AFP", "", "", "AFP"),
    ("fr", "Le Quartier avec AFP", "", "", "AFP"),
    ("fr", "Salma Idrissi (MAP)", "", "", "MAP"),
    ("fr", "Salma Idrissi avec MAP", "", "", "MAP"),
    ("fr", "MAP - Rabat", "", "", "MAP"),
    ("fr", "Agence France-Presse", "", "", "AFP"),
    ("fr", "APS", "", "", "APS"),
    ("fr", "R. N. / APS", "", "", "APS"),
    ("fr", "TAP", "", "", "TAP"),
    ("fr", "La rédaction et agences", "", "", "various"),
    ("fr", "Agences", "", "", "various"),
    ("fr", "AFP et Reuters", "", "", "AFP"),
    ("fr", "Reuters/AFP", "", "", "Reuters"),
    ("fr", "Source : APS", "", "", "APS"),
    ("en", "Reuters", "", "", "Reuters"),
    ("en", "By Associated Press", "", "", "AP"),
    ("en", "MENA", "", "", "MENA"),
    ("en", "Staff and agencies", "", "", "various"),
    ("en", "Xinhua", "", "", "Xinhua"),
    ("ar", "أ ف ب", "", "", "AFP"),
    ("ar", "أ.ف.ب", "", "", "AFP"),
    ("ar", "(أ.ف.ب)", "", "", "AFP"),
    ("ar", "و م ع", "", "", "MAP"),
    ("ar", "و.م.ع", "", "", "MAP"),
    ("ar", "الرباط - و.م.ع", "", "", "MAP"),
    ("ar", "واس", "", "", "SPA"),
    ("ar", "الرياض - واس", "", "", "SPA"),
    ("ar", "أ ش أ", "", "", "MENA"),
    ("ar", "أ.ش.أ", "", "", "MENA"),
    ("ar", "القاهرة - أ ش أ", "", "", "MENA"),
    ("ar", "وكالات", "", "", "various"),
    ("ar", "الحي + وكالات", "", "", "various"),
    ("ar", "سلمى الإدريسي - وكالات", "", "", "various"),
    ("ar", "رويترز", "", "", "Reuters"),
    ("ar", "وأج", "", "", "APS"),
    ("ar", "وات", "", "", "TAP"),
    ("ar", "وكالة الأناضول", "", "", "Anadolu"),
    ("ar", "الأناضول", "", "", "Anadolu"),
    ("ar", "وكالة المغرب العربي للأنباء", "", "", "MAP"),
    ("ar", "وكالة الأنباء الجزائرية", "", "", "APS"),
    ("ar", "سونا", "", "", "SUNA"),
    ("ar", "سبأ", "", "", "SABA"),
    ("ar", "صنعاء - سبأ", "", "", "SABA"),
    ("ar", "د ب أ", "", "", "dpa"),
    # By dateline.
    ("fr", "", "RABAT, 12 mars (MAP) - ", "", "MAP"),
    ("fr", "", "Rabat, 12 mars 2024 (MAP)- ", "", "MAP"),
    ("fr", "", "PARIS (AFP) – ", "", "AFP"),
    ("fr", "", "ALGER - (APS) ", "", "APS"),
    ("fr", "", "ORAN, 3 mai (APS) : ", "", "APS"),
    ("fr", "", "TUNIS (TAP) - ", "", "TAP"),
    ("fr", "", "(AFP) - ", "", "AFP"),
    ("fr", "", "AFP - ", "", "AFP"),
    ("fr", "", "MAP/ Rabat - ", "", "MAP"),
    ("en", "", "LONDON (Reuters) - ", "", "Reuters"),
    ("en", "", "CAIRO, March 3 (MENA) - ", "", "MENA"),
    ("en", "", "WASHINGTON (AP) — ", "", "AP"),
    ("en", "", "KHARTOUM, 3 May (SUNA) - ", "", "SUNA"),
    ("en", "", "BEIJING, March 3 (Xinhua) -- ", "", "Xinhua"),
    ("ar", "", "الرباط (و م ع) - ", "", "MAP"),
    ("ar", "", "الرباط 12 مارس (ومع) - ", "", None),
    ("ar", "", "القاهرة - أ ش أ: ", "", "MENA"),
    ("ar", "", "الرياض (واس) ", "", "SPA"),
    ("ar", "", "واس - الرياض: ", "", "SPA"),
    ("ar", "", "باريس (أ ف ب) - ", "", "AFP"),
    ("ar", "", "باريس - (أ.ف.ب): ", "", "AFP"),
    ("ar", "", "لندن (رويترز) - ", "", "Reuters"),
    ("ar", "", "الجزائر - وأج - ", "", "APS"),
    ("ar", "", "تونس (وات) - ", "", "TAP"),
    ("ar", "", "عواصم - وكالات: ", "", "various"),
    ("ar", "", "عواصم (وكالات) - ", "", "various"),
    ("ar", "", "صنعاء - سبأ : ", "", "SABA"),
    ("ar", "", "الخرطوم (سونا) - ", "", "SUNA"),
    # By the last line.
    ("fr", "", "", "\n\n(AFP)", "AFP"),
    ("fr", "", "", " (AFP)", "AFP"),
    ("fr", "", "", "\n\nAPS", "APS"),
    ("fr", "", "", "\n\nSource : MAP", "MAP"),
    ("fr", "", "", "\n\nAvec agences", "various"),
    ("fr", "", "", " (avec AFP)", "AFP"),
    ("fr", "", "", "\n\n© AFP", "AFP"),
    ("en", "", "", "\n\n(Reuters)", "Reuters"),
    ("en", "", "", "\n\nSource: Reuters", "Reuters"),
    ("ar", "", "", "\n\n(أ ف ب)", "AFP"),
    ("ar", "", "", "\n\nالمصدر: وكالات", "various"),
    ("ar", "", "", "\n\nالمصدر : رويترز", "Reuters"),
    ("ar", "", "", " (و.م.ع)", "MAP"),
    ("ar", "", "", "\n\nو.م.ع", "MAP"),
    ("ar", "", "", "\n\nوكالات", "various"),
    # Cited or met by chance: not the author.
    ("fr", "Salma Idrissi", "", "", None),
    ("fr", "Par Nadia Mapelli", "", "", None),
    ("fr", "", "Le maire a indiqué à l'AFP que le budget était voté. ", "", None),
    ("fr", "", "Selon l'agence MAP, trois personnes sont blessées. ", "", None),
    ("fr", "", "La SPA Sonafer a ouvert une usine. ", "", None),
    ("fr", "", "Les agences de voyages ferment. ", "", None),
    ("fr", "Agence du tourisme", "", "", None),
    ("fr", "", "", " Il l'a dit à l'AFP.", None),
    ("fr", "", "", " Les voyageurs se plaignent des agences", None),
    ("fr", "", "TAP Air Portugal ouvre une ligne. ", "", None),
    ("en", "", "The mayor told Reuters that the budget passed. ", "", None),
    ("en", "", "A map of the town was shown. ", "", None),
    ("en", "Ina Petra", "", "", None),
    ("en", "", "", " The agencies did not comment.", None),
    ("ar", "سلمى الإدريسي", "", "", None),
    ("ar", "وفاء بناني", "", "", None),
    ("ar", "", "نقلت وكالة رويترز عن مصدر أن الميزانية مرت. ", "", None),
    ("ar", "", "وال المدينة يزور الحي. ", "", None),
    ("ar", "", "قال الوزير لوكالة الأناضول إن الأشغال بدأت. ", "", None),
    ("ar", "", "سونا اليابان: فريق يفوز. ", "", None),
    ("ar", "وكالة الحوض المائي", "", "", None),
    ("ar", "", "", " وصرح بذلك لوكالات الأنباء.", None),
    ("ar", "", "", " وانتقد عمل الوكالات.", None),
    ("ar", "", "وفا بالعهد فنال الجائزة. ", "", None),
]


def article(language: str, byline: str, begin: str, end: str) -> Article:
    text = f"{begin}{BODY[language]}{end}"
    return Article(text=text, authors=[byline] if byline else [], copy=Copy(text=text))


def test_precision_and_recall_on_the_truth() -> None:
    found = [agency(article(*case[:4])) for case in TRUTH]
    wrong = [(case, given) for case, given in zip(TRUTH, found, strict=True) if given != case[4]]
    right = len(TRUTH) - len(wrong)
    named = sum(given is not None for given in found)
    true = sum(case[4] is not None for case in TRUTH)
    hits = sum(
        given is not None and given == case[4] for case, given in zip(TRUTH, found, strict=True)
    )
    assert hits / named >= 0.98, wrong
    assert hits / true >= 0.95, wrong
    assert right / len(TRUTH) >= 0.95, wrong


@pytest.mark.parametrize("field", ["authors", "source", "copy"])
def test_each_byline_counts(field: str) -> None:
    record = Article(text=BODY["fr"])
    if field == "authors":
        record.authors = ["AFP"]
    elif field == "source":
        record.source = Source(authors=["AFP"])
    else:
        record.copy = Copy(byline="AFP")
    assert agency(record) == "AFP"


def test_an_article_without_a_text_has_no_agency() -> None:
    assert agency(Article()) is None
