"""How varied texts are: shares of different n-grams.

An n-gram is n tokens in a row. Both measures lie between 0 and 1 and need no model.
"""

from collections.abc import Iterable, Sequence

from lessons.words.arguments import check_ids_of_texts, check_text_ids, check_whole
from lessons.words.language import say


def ngrams(ids: Sequence[int], n: int) -> list[tuple[int, ...]]:
    """All n-grams of a text, in order.

    >>> ngrams([5, 6, 7], 2)
    [(5, 6), (6, 7)]
    """
    n = check_whole("n", n, 1)
    ids = check_text_ids("ids", ids)
    return [tuple(ids[start : start + n]) for start in range(len(ids) - n + 1)]


def distinct_share(texts: Iterable[Sequence[int]], n: int = 2) -> float:
    """The share of different n-grams among all n-grams of these texts taken together: "distinct-n".

    1 when nothing is ever said twice; 30 copies of one text have at most 1/30. It falls as texts grow longer, so
    compare texts of like length. Li, Galley, Brockett, Gao & Dolan, "A diversity-promoting objective function", 2016.
    Raises ValueError if no text has n tokens or n is below 1, TypeError for what is no texts of token ids.

    >>> distinct_share([[1, 2, 3], [1, 2, 4]])
    0.75
    """
    found = [ngram for ids in check_ids_of_texts("texts", texts) for ngram in ngrams(ids, n)]
    if not found:
        raise ValueError(say("arithmetic.no_ngrams", n=n))
    return len(set(found)) / len(found)


def repetition(ids: Sequence[int], n: int = 4) -> float:
    """The share of a text's n-grams that have occurred in it before: "seq-rep-n"; 0 for a text too short to repeat
    itself.

    Raises ValueError for n below 1, TypeError for what is no text of token ids. Welleck et al., "Neural text generation
    with unlikelihood training", 2020.

    >>> repetition([1, 2, 1, 2, 1, 2], n=2)
    0.6
    """
    found = ngrams(ids, n)
    return 1 - len(set(found)) / len(found) if found else 0.0
