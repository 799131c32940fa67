"""COCO evaluation of boxes by pycocotools, asked for by the harness. The check numbers are the twelve of the summary."""

import argparse
import contextlib
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from serve import serve


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gt", required=True)
    parser.add_argument("--dt", required=True)
    parser.add_argument("--part", default="evaluate", choices=("evaluate", "files"))
    return parser.parse_args()


def read(options):
    truth = COCO(options.gt)
    return truth, truth.loadRes(options.dt)


def evaluated(truth, results):
    evaluation = COCOeval(truth, results, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return [float(value) for value in evaluation.stats]


def main():
    options = parse()
    if options.part == "files":
        serve(lambda _: evaluated(*read(options)))
        return
    # Before it is ready nothing but `serve`'s own line may stand on standard output.
    with contextlib.redirect_stdout(sys.stderr):
        kept = read(options)
    serve(lambda _: evaluated(*kept))


if __name__ == "__main__":
    main()
