"""Labels that outlets print around an article ("read also", "share"), in three languages."""

from dataclasses import dataclass, replace
from datetime import datetime

from newscrawl.items import Edition


@dataclass(frozen=True, slots=True)
class Labels:
    """Printed labels, month and weekday names in one language."""

    direction: str
    """Writing direction, ``ltr`` or ``rtl``."""
    home: str
    """Name of the front page."""
    menu: tuple[str, ...]
    """The sections in the navigation."""
    read_also: str
    """Heading of related articles, also within a body."""
    latest: str
    """Heading of the newest articles."""
    most_read: str
    """Heading of the most read articles."""
    share: str
    """Share buttons."""
    newsletter: str
    """Name of the newsletter."""
    newsletter_text: str
    """Text of the newsletter box."""
    subscribe: str
    """Button of the newsletter box."""
    comments: str
    """Heading of the comments."""
    visitor: str
    """Name of commenters, before a number."""
    comment_form: tuple[str, ...]
    """Labels of the comment form: name, address, text, button."""
    written_by: str
    """Label of the author."""
    published: str
    """Label of the publication date."""
    updated: str
    """Label of the modification date."""
    tags: str
    """Label of the keywords."""
    search: str
    """Label of the search field."""
    cookies: str
    """Text of the consent banner."""
    accept: str
    """Button of the consent banner."""
    rights: str
    """Text of the footer."""
    not_found: str
    """Text of the page for a missing article."""
    paywall: str
    """Text of the paywall."""
    advertisement: str
    """Heading of advertisements."""
    minutes: str
    """Unit of the reading time, after the number of minutes."""
    dateline: str
    """Format of long dates: ``{weekday} {day} {month} {year}`` in some order."""
    months: tuple[str, ...]
    """Names of the months, from January."""
    weekdays: tuple[str, ...]
    """Monday first."""

    def date(self, when: datetime) -> str:
        """Return a long date."""
        return self.dateline.format(
            weekday=self.weekdays[when.weekday()],
            day=when.day,
            month=self.months[when.month - 1],
            year=when.year,
        )


_FRENCH = Labels(
    direction="ltr",
    home="Accueil",
    menu=("Politique", "Économie", "Société", "Régions", "Sport", "Culture", "Santé", "Opinions"),
    read_also="Lire aussi",
    latest="Dernières nouvelles",
    most_read="Les plus lus",
    share="Partager",
    newsletter="Notre lettre du matin",
    newsletter_text="Chaque matin, l'essentiel de l'actualité dans votre boîte. Sans publicité, "
    "et vous vous désabonnez quand vous voulez.",
    subscribe="Je m'inscris",
    comments="Commentaires",
    visitor="Visiteur",
    comment_form=("Nom", "Adresse email", "Votre commentaire", "Envoyer"),
    written_by="Par",
    published="Publié le",
    updated="Mis à jour le",
    tags="Mots-clés",
    search="Rechercher",
    cookies="Nous utilisons des cookies pour mesurer l'audience de ce site et améliorer votre "
    "navigation. Vous pouvez changer d'avis à tout moment.",
    accept="Tout accepter",
    rights="Tous droits réservés. Toute reproduction interdite sans accord écrit.",
    not_found="Page introuvable. La page que vous cherchez n'existe pas ou a été déplacée.",
    paywall="Cet article est réservé aux abonnés. Il vous reste 80 % de cet article à lire.",
    advertisement="Publicité",
    minutes="min de lecture",
    dateline="{weekday} {day} {month} {year}",
    months=(
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
)  # fmt: skip

_ENGLISH = Labels(
    direction="ltr",
    home="Home",
    menu=("Politics", "Business", "Society", "Regions", "Sport", "Culture", "Health", "Opinion"),
    read_also="Read also",
    latest="Latest news",
    most_read="Most read",
    share="Share",
    newsletter="The morning briefing",
    newsletter_text="The day's main stories in your inbox every morning. No advertising, and you "
    "can leave whenever you like.",
    subscribe="Sign me up",
    comments="Comments",
    visitor="Visitor",
    comment_form=("Name", "Email address", "Your comment", "Send"),
    written_by="By",
    published="Published on",
    updated="Updated on",
    tags="Tags",
    search="Search",
    cookies="We use cookies to measure our audience and to improve your visit. You may change "
    "your mind at any time.",
    accept="Accept all",
    rights="All rights reserved. No part may be reproduced without written permission.",
    not_found="Page not found. The page you are looking for does not exist or has been moved.",
    paywall="This article is for subscribers only. Subscribe to continue reading.",
    advertisement="Advertisement",
    minutes="min read",
    dateline="{weekday}, {month} {day}, {year}",
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)  # fmt: skip

_ARABIC = Labels(
    direction="rtl",
    home="الرئيسية",
    menu=("سياسة", "اقتصاد", "مجتمع", "جهات", "رياضة", "ثقافة", "صحة", "كتاب وآراء"),
    read_also="اقرأ أيضا",
    latest="آخر الأخبار",
    most_read="الأكثر قراءة",
    share="شارك",
    newsletter="النشرة الصباحية",
    newsletter_text="أهم أخبار اليوم في بريدك كل صباح، دون إشهار، ويمكنك إلغاء الاشتراك متى شئت.",
    subscribe="اشترك الآن",
    comments="التعليقات",
    visitor="زائر",
    comment_form=("الاسم", "البريد الإلكتروني", "تعليقك", "إرسال"),
    written_by="بقلم",
    published="نشر في",
    updated="آخر تحديث",
    tags="كلمات دلالية",
    search="بحث",
    cookies="نستعمل ملفات تعريف الارتباط لقياس عدد الزوار وتحسين تجربة التصفح. "
    "يمكنك تغيير اختيارك في أي وقت.",
    accept="قبول الكل",
    rights="جميع الحقوق محفوظة. يمنع النقل دون إذن مكتوب.",
    not_found="الصفحة غير موجودة. ربما حذفت الصفحة التي تبحث عنها أو تغير عنوانها.",
    paywall="هذا المقال مخصص للمشتركين. اشترك لمواصلة القراءة.",
    advertisement="إعلان",
    minutes="دقائق قراءة",
    dateline="{weekday} {day} {month} {year}",
    months=(
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
        "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ),
    weekdays=("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
)  # fmt: skip

_ARABIC_MONTHS = {
    "MA": (
        "يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو",
        "يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر",
    ),
    "DZ": (
        "جانفي", "فيفري", "مارس", "أفريل", "ماي", "جوان",
        "جويلية", "أوت", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ),
}  # fmt: skip

_BY_LANGUAGE = {"fr": _FRENCH, "en": _ENGLISH, "ar": _ARABIC}


def labels(language: Edition, country: str) -> Labels:
    """Return the labels of a language, with the month names of a country."""
    found = _BY_LANGUAGE[language]
    if language == "ar" and country in _ARABIC_MONTHS:
        return replace(found, months=_ARABIC_MONTHS[country])
    return found
