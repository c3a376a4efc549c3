"""What the problems of a GPU share: vga-run and peers in processes of their own, rows of figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import ours
from report import Row

PEERS = Path(__file__).resolve().parent / "peers"


def run(vga_run: str, *arguments: object):
    """What a vga-run process reports."""
    command = [vga_run, *map(str, arguments), "--target=cuda", "--no-cache", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ours.TIMEOUT, check=False)
    if done.returncode:
        raise ours.Failure((done.stderr.strip().splitlines() or ["no message"])[0][:200])
    return json.loads(done.stdout)


def run_in_turns(vga_run: str, module: Path, inputs: dict[str, list[str]], count: int, *options):
    """Milliseconds of each function of a module, which take turns: what the chip's power allows is
    the same for all. `inputs` are files beside the module."""
    runs = module.with_suffix(".json")
    requests = [{"entry": entry, "inputs": files} for entry, files in inputs.items()]
    runs.write_text(json.dumps(requests), encoding="utf-8")
    reports = run(vga_run, module, "--runs", runs, "--benchmark", count, *options)
    return {report["entry"]: report["median_ms"] for report in reports}


def peer(python: str, script: str, problem, timeout: int) -> list[dict]:
    """The lines of JSON that a peer prints; what else it says goes to standard error."""
    done = subprocess.run(
        [python, str(PEERS / script), json.dumps(problem)],
        stdout=subprocess.PIPE, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"{script}: exit status {done.returncode}", file=sys.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def peer_times(python: str, script: str, problems: list[dict], timeout: int) -> dict:
    """{(case, engine): milliseconds}, which are shown, too."""
    lines = peer(python, script, problems, timeout)
    times = {(line["case"], line["engine"]): line["ms"] for line in lines}
    for (name, engine), ms in sorted(times.items()):
        print(f"{name}: {engine} {ms:.4f} ms", file=sys.stderr)
    return times


def attempt(name: str, measure) -> dict[str, float]:
    """Our times, or none if something failed, which is shown."""
    try:
        return measure()
    except (ours.Failure, subprocess.TimeoutExpired) as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        return {}


def compare(name: str, bars, mine: dict[str, float], work: float, get_peer):
    """A row for each (form of ours, engine or ours:form, least ratio). `work` in FLOP or bytes; the
    rate is in billions a second."""
    for form, engine, bar in bars:
        row = Row(f"{name} {form}", engine, bar=bar)
        if form not in mine:
            row.met, row.note = False, "did not run"
            yield row
            continue
        row.ours_ms = mine[form]
        row.ours_rate = work / row.ours_ms / 1e6
        own = engine.removeprefix("ours:")
        row.peer_ms = mine.get(own) if own != engine else get_peer(engine)
        if row.peer_ms is None:
            row.note = "no figure of the peer"
        else:
            row.ratio = row.peer_ms / row.ours_ms
            row.met = row.ratio >= bar
        yield row
