# Runs a module with less and less memory, until the tool can not even be loaded: whatever it meets
# on the way is one line of an error.
import os
import resource
import subprocess
import sys

KILOBYTE = 1024


def run(limit):
    return subprocess.run(
        [sys.argv[1], sys.argv[2], "--no-cache", "--entry", "small"], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=60, env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))


failures = 0
for limit in range(600_000, 0, -20_000):
    done = run(limit * KILOBYTE)
    if done.returncode == 127:
        break
    if done.returncode == 0:
        continue
    failures += 1
    assert done.returncode == 1 and done.stderr.count("\n") == 1, (limit, done)
    assert done.stderr.startswith("vga-run: error: "), (limit, done)
assert failures, "the limits were not felt"
print("all ended in one line")
