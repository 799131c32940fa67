"""One training step of YOLOv8n or YOLO12n in PyTorch: forward, loss, backward, clip, AdamW, EMA."""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch

from loss import DetectionLoss
from serve import serve
from weights import read_checkpoint
from yolo import Yolo, fuse

LEARNING_RATE, WEIGHT_DECAY, CLIP = 0.001429, 0.0005, 10.0


def read_batch(folder, size, batch):
    """Images (B, 3, size, size) in 0…1 and targets: image (T,), class (T,), centre and size in 0…1 (T, 4)."""
    images = np.fromfile(folder / "images.f32", dtype=np.float32).reshape(batch, 3, size, size)
    targets = json.loads((folder / "targets.json").read_text())
    return torch.from_numpy(images), (
        torch.tensor(targets["image"]),
        torch.tensor(targets["class"]),
        torch.tensor(targets["box"], dtype=torch.float32),
    )


def optimiser(network):
    """Fused AdamW in three groups: biases, norm weights (both without decay), the rest."""
    bias, norm, rest = [], [], []
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            (bias if name.endswith(".bias") else norm if ".bn." in name else rest).append(parameter)
    groups = [
        {"params": rest, "weight_decay": WEIGHT_DECAY},
        {"params": bias, "weight_decay": 0.0},
        {"params": norm, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.999), fused=True)


class Trainer:
    def __init__(self, options):
        layout = torch.channels_last if options.memory_format == "channels_last" else torch.contiguous_format
        images, self.targets = read_batch(options.batch_folder, options.size, options.batch)
        self.images = images.contiguous(memory_format=layout)
        network = Yolo(options.model, options.classes, options.freeze)
        network.load_state_dict(read_checkpoint(options.weights))
        self.network = network.to(memory_format=layout).train()
        if options.fold:
            for row in self.network.model[: options.freeze]:
                fuse(row)
        self.optimizer = optimiser(self.network)
        self.parameters = [p for p in self.network.parameters() if p.requires_grad]
        # Frozen state does not move, so its average is itself.
        learning = self.network.model[options.freeze :].state_dict().values()
        self.state = [tensor for tensor in learning if tensor.is_floating_point()]
        self.average = [tensor.clone() for tensor in self.state]
        self.steps = 0
        self.loss = DetectionLoss(options.size, options.size)
        self.forward = torch.compile(self.network) if options.compile else self.network

    def step(self, _argument=""):
        total, items = self.loss(*self.forward(self.images), self.targets)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, CLIP)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1
        decay = 0.9999 * (1 - math.exp(-self.steps / 2000))
        torch._foreach_lerp_(self.average, self.state, 1 - decay)
        return items.tolist()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, choices=("yolov8n", "yolo12n"))
    parser.add_argument("--weights", required=True, type=Path, help="published .pt of that model")
    parser.add_argument("--batch-folder", required=True, type=Path, help="images.f32 and targets.json")
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--freeze", type=int, default=0, help="rows 0 … N - 1 do not learn")
    parser.add_argument("--fold", action="store_true", help="fold the batch norms of frozen rows")
    parser.add_argument("--memory-format", choices=("nchw", "channels_last"), default="nchw")
    parser.add_argument("--compile", action="store_true", help="torch.compile; needs a C++ compiler")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    serve(Trainer(arguments).step)
