"""Markdown to HTML that does no harm, whatever it holds.

HTML in a text is shown as text. Pictures are not loaded from elsewhere, their words are shown.
What comes out is cleaned once more by a list of what is allowed (nh3). The libraries are loaded on
first use.
"""

import html
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code"),
    *("em", "strong", "s", "a", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}
"""What may be in the HTML of an entry."""

ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}


def _words_of_picture(
    renderer: object, tokens: Sequence["Token"], place: int, options: object, environment: object
) -> str:
    """Show the words of a picture in its place."""
    return html.escape(tokens[place].content)


MAX_BARS = 5_000
"""Bars (`|`) of a text whose tables are drawn: a larger one takes seconds; it is shown as text."""


@lru_cache(maxsize=2)
def _renderer(tables: bool) -> Callable[[str], str]:
    import nh3
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
    markdown.enable(["strikethrough", "table"] if tables else ["strikethrough"])
    markdown.add_render_rule("image", _words_of_picture)

    def render(text: str) -> str:
        return nh3.clean(
            markdown.render(text),
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )

    return render


def harmless_html(text: str) -> str:
    """Return a text in Markdown as HTML."""
    return _renderer(text.count("|") <= MAX_BARS)(text)
