"""What pages say: each sentence of a template is in the catalogues, in both languages."""

import re
from pathlib import Path

from contracts.speech import catalog
from gateway.web.layout import NOTES, PLACES
from gateway.web.settings import SETTINGS

TEMPLATES = Path(__file__).parents[2] / "gateway" / "web" / "templates"
SAID = re.compile(r"""\b_\(\s*(?:"([^"]+)"|'([^']+)')""")
COUNTED = re.compile(r"""\b_n\(\s*"([^"]+)",\s*"([^"]+)\"""")


def test_every_sentence_of_a_page_is_in_the_catalogues() -> None:
    text = "".join(path.read_text("utf-8") for path in sorted(TEMPLATES.rglob("*.html")))
    said = {one or other for one, other in SAID.findall(text)} | set(NOTES.values())
    said |= {place.name for place in PLACES}
    said |= {word for one in SETTINGS for word in (one.name, one.about)}
    assert len(said) > 50
    known = catalog("ru")
    assert said - known.sentences.keys() == set()
    assert {*COUNTED.findall(text)} - known.forms.keys() == set()
