"""The line protocol of a child that is timed: one request a line on stdin, one JSON answer a line on stdout."""

import json
import resource
import sys
import time


def peak_rss_mib():
    """Peak resident memory of this process, MiB. Not ru_maxrss alone: a child inherits that from its parent."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(step):
    """Answer every line `step [ARGUMENT]` with one call of `step(argument)`, timed; `step` returns check numbers.

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
        print(json.dumps({"ms": ms, "peakRssMib": peak_rss_mib(), "check": check}), file=answers, flush=True)
