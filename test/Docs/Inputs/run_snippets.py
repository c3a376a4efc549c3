#!/usr/bin/env python3
"""Does what a Markdown file tells its reader to do, and compares.

usage: run_snippets.py SOURCE_DIR BUILD_DIR SCRATCH_DIR FILE.md...

  sh              a script, run in a folder that looks like the source tree
                  after a build; its status must be 0. Set-up is not run again.
  LANG output     a part of what the last script printed. A line `...` stands
                  for any lines, `...` within a line for any text.
  LANG file=PATH  the text of that file, or a part of it; if it is MLIR, vga-opt
                  takes it
"""

import os
import pathlib
import re
import subprocess
import sys

from extract_snippets import read_snippets

# These end in a build, and in this very test.
SET_UP = re.compile(r"\./scripts/(setup|build|demo|test)\.sh\b.*")


def fail(snippet, message):
    sys.exit(f"{snippet.place}: {message}")


def make_playground(source, build, scratch):
    """A folder of links to the source tree's entries, whose `build` is `build`."""
    scratch.mkdir(parents=True)
    for entry in source.iterdir():
        if not entry.name.startswith("build"):
            (scratch / entry.name).symlink_to(entry)
    (scratch / "build").symlink_to(build)
    # The python3 of the reader has numpy; so has the one that runs this.
    tools = scratch / ".bin"
    tools.mkdir()
    (tools / "python3").symlink_to(sys.executable)
    return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}


def is_set_up(snippet):
    """True for a script that only sets up; it is for the reader to run."""
    commands = [line for line in snippet.text.splitlines() if line.split("#")[0].strip()]
    known = [SET_UP.fullmatch(command) for command in commands]
    if any(known) and not all(known):
        fail(snippet, "set-up and other commands belong in fences of their own")
    return all(known)


def run(snippet, folder, environment):
    """The standard output of a script."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", snippet.text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        fail(snippet, f"exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def check_output(snippet, printed):
    if printed is None:
        fail(snippet, "there is no command before this output")
    pattern = ""
    for line in snippet.text.splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += r".*".join(map(re.escape, line.split("..."))) + r"\n"
    if not re.search("^" + pattern, printed, re.MULTILINE):
        fail(snippet, f"the command does not print this, but\n{printed}")


def check_file(snippet, path, build):
    if not path.is_file():
        fail(snippet, f"there is no file {path}")
    if snippet.text not in path.read_text(encoding="utf-8"):
        fail(snippet, f"this is not in {path}")
    if path.suffix == ".mlir":
        command = [build / "bin/vga-opt", path, "-o", os.devnull]
        if subprocess.run(command, check=False).returncode:
            fail(snippet, f"vga-opt does not take {path}")


def main():
    source, build, scratch = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
    environment = make_playground(source, build, scratch)
    count = 0
    for path in sys.argv[4:]:
        printed = None
        for snippet in read_snippets(path):
            if snippet.language == "sh" and not snippet.options:
                if is_set_up(snippet):
                    continue
                printed = run(snippet, scratch, environment)
            elif snippet.options == "output":
                check_output(snippet, printed)
            elif snippet.options.startswith("file="):
                check_file(snippet, source / snippet.options.removeprefix("file="), build)
            elif snippet.options:
                fail(snippet, f"unknown words after '{snippet.language}': {snippet.options}")
            else:
                continue
            count += 1
    print(f"{count} snippets checked")


if __name__ == "__main__":
    main()
