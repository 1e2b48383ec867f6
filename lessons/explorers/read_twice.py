"""A text as one or two models read it: coloured by surprisal, and each token's numbers where the mouse or the focus is.

All of it is HTML: no kernel is asked, so it works on a page without one. The numbers of a token stand in one line below
the texts, over the hint that stands there otherwise.
"""

from collections.abc import Mapping, Sequence
from html import escape

from lessons.explorers.html import surprisal_colour, surprisal_ground
from lessons.plots.themes import DRAWN
from lessons.words.tokens import running
from lessons.words.writing import RING, Markup, as_written

STYLE = f"""
.lessons-read {{position:relative;padding-bottom:52px;color:#111}}
.lessons-read .columns {{display:flex;flex-wrap:wrap;gap:4px 20px}}
.lessons-read .column {{flex:1 1 260px;min-width:0;max-width:76ch}}
.lessons-read .words {{white-space:pre-wrap;overflow-wrap:break-word;font-size:15px;line-height:1.7}}
.lessons-read .token:hover, .lessons-read .token:focus {{outline:2px solid {RING}}}
.lessons-read .line {{position:absolute;left:0;right:0;bottom:0;height:46px;font-size:14px;line-height:1.5}}
.lessons-read .token .line {{display:none;background:#fff;z-index:1;white-space:normal}}
.lessons-read .token:focus .line {{display:block}}
.lessons-read .token:hover .line {{display:block;z-index:2}}
"""


def read_twice(
    texts: Mapping[str, Sequence[float]], first: str, tokens: Sequence[str], numbers: Sequence[str], hint: str
) -> Markup:
    """The text in a column for each reader.

    texts: {heading: (n,) surprisals in nats}
    first: the token before the others, which nothing predicts
    tokens: n tokens
    numbers: what is said of each
    hint: what stands in their place while no token is pointed at
    """
    columns = []
    for place, (heading, surprisals) in enumerate(texts.items()):
        reached = 0 if place == len(texts) - 1 else -1  # with Tab, in one column: both have the same numbers
        spans = [f'<span style="background:{surprisal_ground(None)}">{escape(shown(first))}</span>']
        for number, (token, surprisal, said) in enumerate(zip(tokens, surprisals, numbers, strict=True)):
            look = f'class="token t{number}" tabindex="{reached}" style="background:{surprisal_colour(surprisal)}"'
            line = f'<span class="line">{escape(said)}</span>'
            spans.append(f"<span {look}>{escape(shown(token))}{line}</span>")
        words = f'<div class="words">{"".join(spans)}</div>'
        columns.append(f'<div class="column"><b>{escape(heading)}</b>{words}</div>')
    below = f'<div class="line">{escape(hint)}</div>'
    inside = f'<div class="columns">{"".join(columns)}</div>{below}'
    return as_written(f'<style>{STYLE}{alike(len(tokens))}</style><div class="lessons-read {DRAWN}">{inside}</div>')


def shown(token: str) -> str:
    """A token in running text: a line end as its sign, and as a line end."""
    return running(token) + "\n" * token.count("\n")


def alike(count: int) -> str:
    """A style that marks the token that is pointed at in the other column, too."""
    rules = (
        f".lessons-read:has(.t{one}:hover,.t{one}:focus) .t{one}{{outline:2px solid {RING}}}" for one in range(count)
    )
    return "".join(rules)
