"""What InterMT-Bench says of published judges: the numbers that a project's own scorers stand beside.

Source: the results table of the benchmark's website, github.com/pku-intermt/pku-intermt.github.io at commit b41513b.
Each judge without
and with written reasons. Pearson's correlation of its scores with people's, and its accuracy on pairs, ties skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

# The table's columns: four local dimensions, five global ones.
DIMENSIONS = (
    "local_image_text_consistency",
    "visual_perceptual_quality",
    "context_coherence",
    "text_quality",
    "context_awareness",
    "helpfulness",
    "crucial_step_recognition",
    "global_image_text_consistency",
    "style_coherence",
)


@dataclass(frozen=True, slots=True)
class PublishedJudge:
    """A judge of the table, by dimension."""

    name: str
    pearson: dict[str, float]
    accuracy: dict[str, float]


_PEARSON = {
    "Gemini-Flash": (0.346, 0.107, 0.119, 0.173, 0.163, 0.042, 0.051, 0.246, 0.005),
    "Gemini-Flash +reason": (0.361, 0.072, 0.122, 0.168, -0.038, 0.083, 0.139, 0.199, 0.048),
    "GPT-4.1": (0.264, 0.095, 0.242, 0.269, 0.215, 0.216, 0.084, 0.044, 0.049),
    "GPT-4.1 +reason": (0.281, 0.094, 0.272, 0.271, 0.215, 0.255, 0.217, 0.216, 0.050),
    "GPT-4o": (0.291, 0.131, 0.277, 0.268, 0.254, 0.167, 0.137, 0.139, 0.069),
    "GPT-4o +reason": (0.290, 0.091, 0.252, 0.280, 0.183, 0.243, 0.194, 0.086, 0.072),
    "Gemini-Pro": (0.273, 0.079, 0.258, 0.168, 0.285, 0.240, -0.024, 0.235, 0.145),
    "Gemini-Pro +reason": (0.274, 0.070, 0.304, 0.211, 0.239, 0.267, 0.195, 0.129, 0.060),
    "Claude-thinking": (0.299, 0.044, 0.262, 0.229, 0.172, 0.140, 0.175, 0.150, 0.069),
    "Claude-thinking +reason": (0.291, 0.023, 0.254, 0.214, 0.207, 0.260, 0.183, 0.155, -0.001),
    "o4-mini": (0.334, 0.062, 0.306, 0.134, 0.169, 0.161, 0.120, 0.096, 0.028),
    "o4-mini +reason": (0.326, 0.056, 0.322, 0.151, 0.215, 0.229, 0.347, 0.137, 0.016),
}
_ACCURACY = {
    "GPT-4.1": (0.541, 0.589, 0.508, 0.484, 0.540, 0.520, 0.530, 0.590, 0.563),
    "GPT-4.1 +reason": (0.550, 0.584, 0.501, 0.521, 0.520, 0.520, 0.477, 0.513, 0.540),
    "GPT-4o": (0.513, 0.488, 0.499, 0.510, 0.560, 0.517, 0.550, 0.543, 0.470),
    "GPT-4o +reason": (0.500, 0.537, 0.511, 0.509, 0.542, 0.490, 0.545, 0.522, 0.528),
    "Gemini-Pro": (0.533, 0.521, 0.496, 0.533, 0.562, 0.566, 0.523, 0.505, 0.505),
    "Gemini-Pro +reason": (0.526, 0.528, 0.513, 0.514, 0.548, 0.562, 0.495, 0.522, 0.538),
    "Claude-thinking": (0.561, 0.568, 0.508, 0.502, 0.539, 0.523, 0.518, 0.521, 0.528),
    "Claude-thinking +reason": (0.567, 0.550, 0.506, 0.519, 0.512, 0.522, 0.512, 0.547, 0.512),
    "o4-mini": (0.556, 0.549, 0.508, 0.536, 0.552, 0.498, 0.522, 0.518, 0.495),
    "o4-mini +reason": (0.521, 0.564, 0.522, 0.513, 0.534, 0.510, 0.507, 0.512, 0.483),
}

PUBLISHED = [
    PublishedJudge(
        name,
        dict(zip(DIMENSIONS, numbers, strict=True)),
        dict(zip(DIMENSIONS, _ACCURACY.get(name, ()), strict=False)),
    )
    for name, numbers in _PEARSON.items()
]
