"""Checks that a greedy continuation, made token by token, is what the logits of the whole text say.

Usage: check_cache.py REPORT.json TOKENS.npy          writes the tokens of the text
       check_cache.py REPORT.json TOKENS.npy LOGITS.npy   compares
"""

import json
import sys

import numpy as np

report = json.load(open(sys.argv[1], encoding="utf-8"))
text = (report["prompt"] + report["text"]).encode()
if len(sys.argv) == 3:
    np.save(sys.argv[2], np.frombuffer(text, np.uint8).astype(np.int32))
    sys.exit()
logits = np.load(sys.argv[3])
first = len(report["prompt"].encode())
predicted = bytes(logits.argmax(1).astype(np.uint8)[first - 1 : -1])
if predicted != text[first:]:
    sys.exit(f"token by token: {text[first:]!r}, all at once: {predicted!r}")
