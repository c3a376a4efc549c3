#!/usr/bin/env python3
"""Runs libFuzzer's targets at the same time, each from its seeds.

usage: run_fuzzers.py FOLDER_OF_FUZZERS FOLDER_OF_FINDS [SECONDS]

What they find is left in the second folder, and is the end of this script. Seconds are those of
VGA_FUZZ_SECONDS, 60 without it.
"""
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
# Words that random bytes seldom make.
WORDS = {
    "npy": [r"\x93NUMPY\x01\x00", r"\x93NUMPY\x02\x00", "'descr'", "'fortran_order'", "'shape'",
            "True", "False", "'<f4'", "'|b1'", "'<V2'", "'>f4'", "4611686018427387904",
            "9223372036854775808", "(0,", ", }"],
    "safetensors": ["dtype", "shape", "data_offsets", "__metadata__", "F32", "BF16", "F4", "F6_E2M3",
                    "BOOL", "4611686018427387904", "9223372036854775808", "1e9", "[0,0]",
                    r"\\u0000"],
    "run-list": ["entry", "inputs", "outputs", "[", "]", "{", "}", r"\\ud800", r"\\u0065ntry"],
}
SEEDS = {"npy": "npy", "safetensors": "safetensors", "run-list": "runs"}


def start(name, fuzzers, finds, seconds):
    folder = finds / name
    (folder / "corpus").mkdir(parents=True)
    dictionary = folder / "words"
    dictionary.write_text("".join(
        '"%s"\n' % word.replace('"', '\\"') for word in WORDS[name]))
    return subprocess.Popen(
        [fuzzers / f"{name}-fuzzer", folder / "corpus", HERE / "corpus" / SEEDS[name],
         f"-max_total_time={seconds}", f"-dict={dictionary}", f"-artifact_prefix={folder}/",
         "-max_len=4096", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        # Other tests come first.
        preexec_fn=lambda: os.nice(10))


def main():
    fuzzers, finds = map(pathlib.Path, sys.argv[1:3])
    seconds = int(sys.argv[3] if len(sys.argv) > 3 else os.environ.get("VGA_FUZZ_SECONDS") or 60)
    running = {name: start(name, fuzzers, finds, seconds) for name in WORDS}
    status = 0
    for name, process in running.items():
        output = process.communicate()[0]
        if process.returncode != 0:
            status = 1
            print(f"{name}: a find, in {finds / name}\n{output}")
        else:
            executions = [line.split()[-1] for line in output.splitlines()
                          if "number_of_executed_units" in line]
            print(f"{name}: {' '.join(executions)} inputs, no find")
    sys.exit(status)


if __name__ == "__main__":
    main()
