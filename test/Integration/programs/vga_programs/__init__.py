"""Programs for the compiler, made from seeds, and what they compute, in numpy."""
