"""The grid of contractions: cases, their text, their reference, and how they are run."""
