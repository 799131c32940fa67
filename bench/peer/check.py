"""Holds the peers against the reference numbers: forward pass, loss items, gradient norms.

    python bench/peer/check.py [SHARED]
"""

import json
import os
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from loss import DetectionLoss, assign
from weights import read_checkpoint
from yolo import Yolo, anchor_grid, decode

shared = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("FOVEA_SHARED", "../shared")) / "reference/yolo"


def relative(a, b):
    return ((a - b).abs().max() / b.abs().max()).item()


def check(name):
    folder = shared / name
    network = Yolo(name, 3)
    network.load_state_dict(read_checkpoint(folder / "model.pt"))
    meta = json.loads((folder / "meta.json").read_text())
    assert {k: list(v.shape) for k, v in network.state_dict().items()} == meta["state_dict"]

    wanted = load_file(folder / "forward.safetensors")
    with torch.inference_mode():
        boxes, scores = network.eval()(wanted["x"])
    centres, strides = anchor_grid(*wanted["x"].shape[2:])
    x1y1, x2y2 = (decode(boxes, centres) * strides).split(2, -1)
    decoded = torch.cat(((x1y1 + x2y2) / 2, x2y2 - x1y1, scores.sigmoid()), -1).transpose(1, 2)
    forward = max(
        relative(boxes.transpose(1, 2), wanted["eval.1.boxes"]),
        relative(scores.transpose(1, 2), wanted["eval.1.scores"]),
        relative(decoded, wanted["eval.0"]),
    )

    wanted = load_file(folder / "train.safetensors")
    loss = DetectionLoss(*wanted["img"].shape[2:])
    boxes, scores = network.train()(wanted["img"])
    targets = wanted["batch_idx"].flatten().long(), wanted["cls"].flatten().long(), wanted["bboxes"]
    total, items = loss(boxes, scores, targets)
    total.backward()
    norms = {name: p.grad.norm().item() for name, p in network.named_parameters() if p.requires_grad}
    # A bias that only meets another batch norm has no gradient but rounding: below 1e-6 there is nothing to compare.
    worst_norm = max(abs(norms[k] - v) / v for k, v in meta["grad_norm"].items() if max(v, norms[k]) > 1e-6)
    running = max(
        relative(buffer, wanted[f"after.{k}"]) for k, buffer in network.named_buffers() if f"after.{k}" in wanted
    )
    print(
        f"{name}: forward {forward:.1e}  items {relative(items, wanted['items']):.1e}  "
        f"gradient norms {worst_norm:.1e} of {len(meta['grad_norm'])}  running means {running:.1e}"
    )
    assert forward < 1e-4 and relative(items, wanted["items"]) < 1e-4 and worst_norm < 1e-3 and running < 1e-4
    assert set(norms) == set(meta["grad_norm"])


def check_assigner():
    wanted = load_file(shared / "ops/assigner.safetensors")
    labels = wanted["gt_labels"].long().squeeze(-1)
    b, a, m, weight = assign(
        wanted["pd_scores"],
        wanted["pd_bboxes"],
        wanted["anc_points"],
        labels,
        wanted["gt_bboxes"],
        wanted["mask_gt"].squeeze(-1) > 0,
    )
    scores = torch.zeros_like(wanted["pd_scores"])
    scores[b, a, labels[b, m]] = weight
    target = torch.zeros_like(wanted["target_gt_idx"])
    target[b, a] = m.float()
    weighted = wanted["target_scores"].amax(-1) > 0  # ties at weight 0 are anyone's choice
    error = (scores - wanted["target_scores"]).abs().max().item()
    print(f"assigner: scores {error:.1e}, {len(b)} positives, {int(wanted['fg_mask'].sum())} wanted")
    assert error < 1e-5 and torch.equal(target[weighted], wanted["target_gt_idx"][weighted])


check_assigner()
for name in ("yolov8n", "yolo12n"):
    check(name)
