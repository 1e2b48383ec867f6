"""The logbook of the brig Marigold: the corpus for fine-tuning without a network, and a language whose entropy is
known.

Each text is a page: a heading, some days, a landfall at the port that the heading named. The tables of phrases and
weights lie in `assets/grammar/logbook.toml`; here is what a table cannot say: the same port at both ends, days in their
order, weather that follows from yesterday's. Because every page has a known probability, the loss that no model can
beat is computed, not estimated.
"""

import random
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lessons.models.six_words import MarkovChain
from lessons.texts.grammar import Grammar
from lessons.words.arguments import check_whole

TABLES = Path(__file__).parents[1] / "assets" / "grammar" / "logbook.toml"
PORTS = {"Lisbon": 4, "Oporto": 3, "Cadiz": 3, "Bergen": 2, "Riga": 2, "Malta": 2, "Tangier": 1, "Halifax": 1}
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIRST_WEATHER = {"calm": 1, "fair": 4, "gale": 1, "fog": 1}
WEATHER_AFTER: dict[str, dict[str, float]] = {
    "calm": {"calm": 3, "fair": 3, "gale": 0.5, "fog": 2},
    "fair": {"calm": 2, "fair": 5, "gale": 2, "fog": 1},
    "gale": {"calm": 1, "fair": 3, "gale": 4},
    "fog": {"calm": 2, "fair": 2, "fog": 3},
}
MOST_PAGES = 1_000_000  # in one call: a slip of the finger is no request
ANOTHER_DAY = 0.6  # the probability that a page goes on after a day


@cache
def logbook_grammar() -> Grammar:
    """The grammar of a page."""
    page = {
        f"{{home}} for {port}.\n{{days}}{{landfall}} {port}, {{farewell}}.": weight for port, weight in PORTS.items()
    }
    days = {f"{{{day} {weather}}}": weight for day in WEEK for weather, weight in FIRST_WEATHER.items()}
    rules: dict[str, Mapping[str, float]] = {"page": page, "days": days}
    for day, next_day in zip(WEEK, WEEK[1:] + WEEK[:1], strict=True):
        for weather, after in WEATHER_AFTER.items():
            total = sum(after.values())
            goes_on = {f"{{{next_day} {tomorrow}}}": ANOTHER_DAY * weight / total for tomorrow, weight in after.items()}
            rules[f"{day} {weather}"] = {f"{day[:3]}: {{body {weather}}}.\n{{after {day} {weather}}}": 1}
            rules[f"after {day} {weather}"] = {"": 1 - ANOTHER_DAY, **goes_on}
    return Grammar(rules | tomllib.loads(TABLES.read_text(encoding="utf8")))


def logbook_weather() -> MarkovChain:
    """The weather of a page's days, and nothing else of it: five words, of which "port" begins and ends a voyage.

    The next word depends on the last only, with the probabilities of the grammar; so what a rule does to voyages can be
    computed exactly.

    >>> chain = logbook_weather()
    >>> chain.words, [round(chain.probabilities[4][word], 2) for word in range(5)]  # after fog
    (('port', 'calm', 'fair', 'gale', 'fog'), [0.4, 0.17, 0.17, 0.0, 0.26])
    """
    words = ("port", *FIRST_WEATHER)
    after = {"port": FIRST_WEATHER} | WEATHER_AFTER
    share = {"port": 1.0} | dict.fromkeys(FIRST_WEATHER, ANOTHER_DAY)  # a voyage has at least a day
    rows = []
    for word in words:
        total = sum(after[word].values())
        goes_on = [share[word] * after[word].get(other, 0) / total for other in words[1:]]
        rows.append((1 - share[word], *goes_on))
    return MarkovChain(words, tuple(rows), ends=("port",))


def logbook_pages(number: int, seed: int) -> list[tuple[str, float]]:
    """That many pages drawn from the language, each with its log-probability in nats.

    Raises TypeError for what is no whole number, ValueError for one that is too small or too large.
    """
    number = check_whole("number", number, 0, MOST_PAGES)
    draw, grammar = random.Random(check_whole("seed", seed, 0)), logbook_grammar()
    return [grammar.sample(draw) for _ in range(number)]
