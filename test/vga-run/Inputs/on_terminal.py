#!/usr/bin/env python3
"""Runs a command whose standard error is a terminal, and prints what came out
on it with control characters escaped."""

import os
import pty
import subprocess
import sys

parent, child = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stderr=child, stdout=subprocess.DEVNULL)
os.close(child)
text = b""
while True:
    try:
        part = os.read(parent, 4096)
    except OSError:  # how Linux says that the other end is closed
        break
    if not part:
        break
    text += part
print(text.decode().encode("unicode_escape").decode())
sys.exit(process.wait())
