import pytest
from hypothesis import given
from hypothesis import strategies as st

from newscrawl.text.language import detect_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ar", "أعلنت الوزارة عن برنامج جديد لدعم القطاع الفلاحي في المناطق القروية"),
        ("ar", "قال مدير مصنع رونو كازا إن شركة گوگل ستفتح مكتبا في الدار البيضاء هذه السنة"),
        ("ar", "أعلنت شركة Renault Maroc عن إطلاق سيارة Dacia Sandero في السوق"),
        ("fa", "دولت اعلام کرد که گفتگوها درباره‌ی بودجه‌ی سال آینده ادامه خواهد داشت"),
        ("ur", "وزیراعظم نے کہا ہے کہ حکومت عوام کے مسائل حل کرنے کے لیے کام کر رہی ہے"),
        ("fr", "Le gouvernement annonce un nouveau programme pour les agriculteurs du Sud"),
        ("fr", "LE GOUVERNEMENT ANNONCE UN NOUVEAU PROGRAMME POUR LES AGRICULTEURS DU SUD"),
        ("en", "The government has announced a new programme for farmers in the south"),
        ("es", "El gobierno anuncia un nuevo programa para los agricultores del sur del país"),
        ("de", "Die Regierung kündigt ein neues Programm für die Landwirte im Süden an"),
        ("it", "Il governo annuncia un nuovo programma per gli agricoltori del sud del paese"),
        ("pt", "O governo anuncia um novo programa para os agricultores do sul do país"),
        ("nl", "De regering kondigt een nieuw programma aan voor de boeren in het zuiden"),
        ("zgh", "ⵜⴰⵎⴰⵣⵉⵖⵜ ⵜⴳⴰ ⵜⵓⵜⵍⴰⵢⵜ ⵏ ⵉⵎⴰⵣⵉⵖⵏ"),
        ("ru", "Правительство объявило о новой программе для фермеров на юге страны"),
        ("zh", "政府宣布了一项针对南部农民的新计划以提高农业产量和收入水平"),
    ],
)
def test_languages(language: str, text: str) -> None:
    assert detect_language(text) == language
    assert detect_language(f"{text}. " * 20) == language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Le ministre et son homologue ont signé, par la suite, un accord sur la pêche dans"),
        ("en", "The minister and the head of the agency have signed an agreement for the south"),
        # Kin of French, or half of it.
        (
            "ca",
            "El govern ha anunciat un nou programa per als pagesos del sud i els seus fills",
        ),
        (
            "es",
            "«Elles sont dans une impasse pour l'été», " + "dijo ayer el ministro del país, " * 9,
        ),
    ],
)
def test_common_words_identify_one_language(language: str, text: str) -> None:
    assert detect_language(text) == language


@pytest.mark.parametrize("text", ["", "OK", "الرباط", "12 345 678 901 234 567", "a" * 19, "?" * 99])
def test_short_texts_have_no_language(text: str) -> None:
    assert detect_language(text) is None


@pytest.mark.parametrize(
    "text",
    ["Ahmed Alami, Karim Benali", "Rabat Casablanca Tanger Agadir", "asdf jkl qwer uiop zxcv"],
)
def test_uncertain_language_is_left_empty(text: str) -> None:
    assert detect_language(text) is None


@given(st.text(st.characters(), max_size=80))
def test_no_input_raises(text: str) -> None:
    detect_language(text)
