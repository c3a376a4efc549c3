"""The generated grid: cases of every vga operation, run by vga-run and held against the oracle."""
