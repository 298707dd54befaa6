"""What both ways to the embedded model ask, and how long they let it answer."""

from __future__ import annotations

SYSTEM = "You are a helpful assistant. Answer in English, briefly and correctly."
TOKENS = 4
WARM_UP = 3
WORDS = (
    "sky",
    "sea",
    "sun",
    "moon",
    "wind",
    "rain",
    "snow",
    "sand",
    "tree",
    "leaf",
    "bird",
    "fish",
    "cat",
    "dog",
    "cow",
    "hen",
)
QUESTIONS = [f"Say something about the {word}." for word in WORDS + WORDS]
