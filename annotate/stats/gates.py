"""Whether a scorer may speak about a question: a gate that opens on evidence and closes on evidence, and says why."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from annotate.stats.bootstrap import LEAST_CONVERSATIONS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]

LEAST_PAIRS = 200
LEAST_RATINGS = 300
BETTER_THAN = 0.55
LEAST_PRECISION = 0.4
LEAST_DECISIONS = 50
CANARY = "Fixed items scored again by the same model came out otherwise."
_BLOCKS = 1000
_REPLICATES = 1000


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often the higher score is the better answer, ties half, and its bounds (95 % each, one-sided)."""

    count: int
    conversations: int
    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Gate:
    """Open or not, and why: ``code`` names the rule, the rest are its numbers."""

    is_open: bool
    code: str
    count: int
    needed: int
    accuracy: float | None = None
    lower: float | None = None
    precision_lower: float | None = None
    decisions: int = 0
    upper: float | None = None

    def words(self) -> str:
        """Return the reason in English, with its numbers."""
        return _WORDS[self.code].format(
            **{
                name: value if isinstance(value, str) else _rounded(value)
                for name, value in asdict(self).items()
            },
            least=BETTER_THAN,
            least_precision=LEAST_PRECISION,
        )


_WORDS = {
    "open": "It orders two answers as people do {accuracy} of the time, at least {lower} (95 %); {count} labels.",
    "few_labels": "Only {count} labels; {needed} are needed.",
    "no_pairs": "No person has told two answers to one prompt apart: {count} labels say nothing about its order.",
    "few_conversations": f"Answers told apart come from fewer than {LEAST_CONVERSATIONS} conversations: too few to "
    "say how sure this is.",
    "not_better": "It orders two answers as people do {accuracy} of the time, at least {lower} (95 %); more than "
    "{least} is needed; {count} labels.",
    "imprecise": "Of {decisions} decided flags at least {precision_lower} were right (90 %), not {least_precision}.",
    "canary": CANARY,
}


def _rounded(value: float | None) -> float | str:
    return "–" if value is None else round(value, 3)


def accuracy(agrees: Floats, conversation: Ints, seed: int = 0) -> Accuracy:
    """Return pairwise accuracy with its lower bound by bootstrap over conversations.

    ``agrees`` is 1 where the label takes the model's side, 0 where the other, 0.5 where scores are the same. Beyond a
    thousand conversations these are drawn in a thousand blocks: the same limit at a bounded cost.
    """
    if not agrees.size:
        return Accuracy(0, 0, None, None, None)
    _, places = np.unique(conversation, return_inverse=True)
    clusters = int(places.max()) + 1
    generator = np.random.default_rng(seed)
    blocks = min(clusters, _BLOCKS)
    block = (generator.permutation(clusters) % blocks)[places]
    right, total = np.bincount(block, agrees), np.bincount(block)
    drawn = generator.multinomial(blocks, np.full(blocks, 1 / blocks), size=_REPLICATES)
    shares = (drawn @ right) / np.maximum(drawn @ total, 1)
    # A few conversations drawn again and again are much the same: they bound nothing.
    is_bounded = clusters >= LEAST_CONVERSATIONS
    lower, upper = np.quantile(shares, [0.05, 0.95]).tolist() if is_bounded else (None, None)
    return Accuracy(agrees.size, clusters, float(agrees.mean()), lower, upper)


def gate(found: Accuracy, needed: int, right: int = 0, wrong: int = 0) -> Gate:
    """Return whether a link may speak: enough labels and conversations, better than chance, its flags not mostly wrong.

    ``right`` and ``wrong`` count decided flags of this link; their share has a Beta(1, 1) prior and closes the gate
    when, after 50 decisions, its lower 90 % bound is under 0.4. A closed link raises no flags, so this does not open
    again unless flags that were there are decided otherwise: another revision of the model begins anew.
    """
    decisions = right + wrong
    bound = float(beta.ppf(0.1, 1 + right, 1 + wrong)) if decisions else None
    code = "open"
    if found.count < needed:
        code = "few_labels"
    elif found.value is None:
        code = "no_pairs"
    elif found.conversations < LEAST_CONVERSATIONS:
        code = "few_conversations"
    elif found.lower is None or found.lower <= BETTER_THAN:
        code = "not_better"
    elif decisions >= LEAST_DECISIONS and bound is not None and bound < LEAST_PRECISION:
        code = "imprecise"
    return Gate(
        code == "open", code, found.count, needed, found.value, found.lower, bound, decisions, found.upper
    )
