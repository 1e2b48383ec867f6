"""One draw, slowly: random numbers thrown onto a strip one by one, then ten at once, then a thousand.

They are the first numbers of the seed, the same that `sample` has for a text: the tally of n draws is always that of
the first n, so a slider that moves shows what the same luck makes of another distribution.
"""

from functools import partial

import ipywidgets as widgets
import torch

from lessons.arithmetic.probability import likeliest_first
from lessons.decoding.drawing import draw_many, uniforms
from lessons.explorers.base import AUTO, Explorer
from lessons.plots.share_rows import expected
from lessons.plots.strip_rows import NARROWEST, Piece, needles, pieces, strip
from lessons.words.language import say
from lessons.words.tokens import visible

MOST_DRAWS = 100_000
SHOWN_AT_ONCE = 10  # needles on a strip: the last ones
# A number falls onto the strip when it is thrown, not when a slider moves what it stands on.
THROWN = "lessons-just-thrown"
FALLING = f"""<style>@media (prefers-reduced-motion: no-preference) {{
.{THROWN} .lessons-needle {{animation: lessons-fall .45s cubic-bezier(.5,0,.9,.6)}}
@keyframes lessons-fall {{from {{transform:translateY(-60px);opacity:.2}} to {{transform:none;opacity:1}}}}
}}</style>"""


class DrawingExplorer(Explorer):
    """An explorer from whose distribution tokens can be drawn.

    Attributes:
        seed: of the random numbers; `draws`: how many of them were thrown so far.
        throws: buttons that throw 1, 10 and 1,000 more, by that number.
        tokens, names: the likeliest, as they are and as pictures name them.
        counts: (V,) how often each token was drawn; None before the first draw.
        last: the place of the token that was drawn last; None before the first draw.
    """

    tokens: list[str]
    names: list[str]
    counts: torch.Tensor | None = None
    last: int | None = None

    def make_draws(self) -> None:
        look = {"description_width": "initial"}
        self.seed, self.draws = (
            widgets.BoundedIntText(0, 0, most, description=words, style=look, layout={"width": width})
            for most, words, width in ((10**6, say("draws.seed"), "112px"), (MOST_DRAWS, say("draws.draws"), "172px"))
        )
        names = {1: say("draws.one"), 10: say("draws.ten"), 1000: say("draws.thousand")}
        self.throws = {number: widgets.Button(description=name, layout=AUTO) for number, name in names.items()}
        self.throws[1].icon = "arrow-down"
        for number, button in self.throws.items():
            button.tooltip = say("draws.tooltip", number=f"{number:,}")
            self.listen(button, partial(self.throw, number))

    def throw(self, number: int) -> None:
        """Throw so many more; beyond the last that there is room for, none."""
        self.draws.value += number

    def thrown(self) -> torch.Tensor:
        """(n,) the numbers thrown so far, 64 bits."""
        return uniforms(self.seed.value, 1, max(1, self.draws.value))[0, : self.draws.value]

    def throw_onto(self, probabilities: torch.Tensor, hatch: str, wide: float = NARROWEST) -> tuple[str, list[Piece]]:
        """(SVG, pieces) of the strip of probabilities (V,) with the numbers thrown; `hatch` is an id of its own.

        wide: how many pixels wide it is in a wide window
        """
        thrown, order = self.thrown(), likeliest_first(probabilities)  # a penalty may have changed the order
        shares = probabilities[order]
        names = [self.names[place] if place < len(self.names) else "" for place in order[: len(self.names)].tolist()]
        parts = pieces(shares, names)
        drawn = strip(parts, hatch, wide)
        if len(thrown):
            last = int(draw_many(probabilities.log(), thrown[-1:]))
            rank = int((order == last).nonzero())
            place = shares[:rank].sum().item(), shares[rank].item()
            drawn += needles(thrown[-SHOWN_AT_ONCE:].tolist(), *place, self.token_at(last))
        return drawn, parts

    def count(self, probabilities: torch.Tensor) -> None:
        """Draw from probabilities (V,) with the numbers thrown."""
        thrown, self.counts, self.last = self.thrown(), None, None
        if len(thrown):
            places = draw_many(probabilities.log(), thrown)  # (n,)
            self.counts, self.last = places.bincount(minlength=len(probabilities)), int(places[-1])

    def token_at(self, place: int) -> str:
        """The name of the token at a place; of one that is far down, its rank."""
        return visible(self.tokens[place]) if place < len(self.tokens) else say("draws.rank", rank=f"{place + 1:,}")

    def drawn_words(self, probabilities: torch.Tensor) -> str:
        """What was drawn from probabilities (V,), and what was to be expected."""
        if self.counts is None or self.last is None:
            return ""
        draws, uniform, last = self.draws.value, f"{self.thrown()[-1].item():.3f}", self.token_at(self.last)
        if draws == 1:
            return say("draws.drawn_one", uniform=uniform, token=last)
        likeliest = int(probabilities.argmax())
        count, hoped = int(self.counts[likeliest]), expected(draws * probabilities[likeliest].item())
        numbers = {"draws": f"{draws:,}", "count": f"{count:,}", "expected": hoped, "uniform": uniform}
        return say("draws.drawn", token=self.token_at(likeliest), last=last, **numbers)
