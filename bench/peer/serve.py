"""The line protocol of a child that is timed: one request a line on stdin, one JSON answer a line on stdout."""

import json
import resource
import sys
import time


def peak_rss_mib(process="self"):
    """Peak resident memory of a process, MiB. Not ru_maxrss alone: a child inherits that from its parent."""
    try:
        with open(f"/proc/{process}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(step, helpers=()):
    """Answer every line `step [ARGUMENT]` with one call of `step(argument)`, timed; `step` returns check numbers.

    The memory told is that of this process and of `helpers`, process ids.

    Says `{"ready": true}` once, when everything up to the first step is done.
    """
    answers = sys.stdout
    sys.stdout = sys.stderr  # a stray print must not look like an answer
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        _, _, argument = line.strip().partition(" ")
        begin = time.perf_counter()
        check = step(argument)
        ms = (time.perf_counter() - begin) * 1000
        peak = peak_rss_mib() + sum(map(peak_rss_mib, helpers))
        print(json.dumps({"ms": ms, "peakRssMib": peak, "check": check}), file=answers, flush=True)
