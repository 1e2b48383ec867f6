"""Where everything in the tree of a beam search stands: a column for each step, from left to right.

In a column the candidates stand in the order of their parents, so that no two branches cross; among siblings the better
one is higher.
"""

from lessons.records.beam_tree import BeamTree, Candidate

MARGIN, HEAD, FOOT, ROOT = 6, 26, 68, 100  # pixels: around, above, below; the prompt's box
Key = tuple[int, int]  # step and rank of a candidate


class Grid:
    """Where everything stands: columns of steps, rows in the order of the parents; in pixels.

    pitch: from one column to the next; 0: as wide as a page allows
    """

    def __init__(self, tree: BeamTree, tall: bool, pitch: int = 0) -> None:
        steps, rows = len(tree), max(map(len, tree.steps))
        self.pitch = pitch or (150 if tall or steps <= 5 else 112 if steps <= 9 else 88)
        self.box, self.row = self.pitch - (44 if self.pitch > 100 else 28), 40 if tall else 23
        self.width, self.height = 2 * MARGIN + ROOT + steps * self.pitch, HEAD + rows * self.row + FOOT
        self.middle = HEAD + rows * self.row / 2
        self.place: dict[Key, float] = {}  # how far down the middle of each candidate's box is
        before: dict[int | None, int] = {None: 0}
        for step in tree.steps:
            order = sorted(step, key=lambda one: (before[one.parent], one.rank))
            top = self.middle - len(order) * self.row / 2
            self.place |= {(one.step, one.rank): top + (row + 0.5) * self.row for row, one in enumerate(order)}
            before = {one.rank: row for row, one in enumerate(order)}

    def left(self, step: int) -> float:
        """Where the boxes of a step begin."""
        return MARGIN + ROOT + (step + 1) * self.pitch - self.box

    def way(self, candidate: Candidate) -> str:
        """The branch from a candidate's parent to it."""
        step, x, parent = candidate.step, self.left(candidate.step), candidate.parent
        from_x = MARGIN + ROOT if parent is None else self.left(step - 1) + self.box
        from_y = self.middle if parent is None else self.place[step - 1, parent]
        y, bend = self.place[step, candidate.rank], (from_x + x) / 2
        return f"M{from_x:.1f} {from_y:.1f}C{bend:.1f} {from_y:.1f} {bend:.1f} {y:.1f} {x:.1f} {y:.1f}"
