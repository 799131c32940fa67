"""YOLOv8n and YOLO12n as plain PyTorch, with the published state-dict names.

Jocher et al., "Ultralytics YOLOv8", 2023; Tian et al., "YOLOv12: Attention-Centric Real-Time Object Detectors",
arXiv:2502.12524. Written from the description of graphs and modules alone. Raw outputs are laid out as the loss reads
them: box logits (B, A, 64), class logits (B, A, K), A anchors of strides 8, 16, 32, row-major.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

BINS = 16
STRIDES = (8, 16, 32)


class Conv(nn.Module):
    """Convolution without bias, batch norm, SiLU."""

    def __init__(self, c1, c2, k=1, s=1, g=1, act=True):
        super().__init__()
        self.conv = nn.Conv2d(c1, c2, k, s, k // 2, groups=g, bias=False)
        self.bn = nn.BatchNorm2d(c2, eps=1e-3, momentum=0.03)
        self.act = act

    def forward(self, x):
        x = self.bn(self.conv(x))
        # In place only where nothing needs the argument: autograd would keep a copy of it.
        return F.silu(x, inplace=not x.requires_grad) if self.act else x


def dw_conv(c1, c2, k):
    return Conv(c1, c2, k, g=math.gcd(c1, c2))


class Bottleneck(nn.Module):
    def __init__(self, c1, c2, shortcut, e):
        super().__init__()
        hidden = int(c2 * e)
        self.cv1 = Conv(c1, hidden, 3)
        self.cv2 = Conv(hidden, c2, 3)
        self.add = shortcut and c1 == c2

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return x + y if self.add else y


class C3k(nn.Module):
    def __init__(self, c1, c2, n=2, shortcut=True):
        super().__init__()
        hidden = c2 // 2
        self.cv1 = Conv(c1, hidden)
        self.cv2 = Conv(c1, hidden)
        self.cv3 = Conv(2 * hidden, c2)
        self.m = nn.Sequential(*(Bottleneck(hidden, hidden, shortcut, 1.0) for _ in range(n)))

    def forward(self, x):
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


class C2f(nn.Module):
    """Cross-stage partial block: every inner block's output reaches the last convolution."""

    def __init__(self, c1, c2, n=1, shortcut=False, e=0.5):
        super().__init__()
        self.c = int(c2 * e)
        self.cv1 = Conv(c1, 2 * self.c)
        self.cv2 = Conv((2 + n) * self.c, c2)
        self.m = nn.ModuleList(self.inner(self.c, shortcut) for _ in range(n))

    def inner(self, c, shortcut):
        return Bottleneck(c, c, shortcut, 1.0)

    def forward(self, x):
        parts = list(self.cv1(x).chunk(2, 1))
        for block in self.m:
            parts.append(block(parts[-1]))
        return self.cv2(torch.cat(parts, 1))


class C3k2(C2f):
    def __init__(self, c1, c2, n=1, c3k=False, e=0.5, shortcut=True):
        self.c3k = c3k
        super().__init__(c1, c2, n, shortcut, e)

    def inner(self, c, shortcut):
        return C3k(c, c, 2, shortcut) if self.c3k else Bottleneck(c, c, shortcut, 0.5)


class AAttn(nn.Module):
    """Area attention: the tokens, row-major, are cut into `area` contiguous runs that attend to themselves alone."""

    def __init__(self, dim, heads, area):
        super().__init__()
        self.heads = heads
        self.area = area
        self.qkv = Conv(dim, 3 * dim, act=False)
        self.proj = Conv(dim, dim, act=False)
        self.pe = Conv(dim, dim, 7, g=dim, act=False)

    def forward(self, x):
        b, c, h, w = x.shape
        d = c // self.heads
        tokens = self.qkv(x).flatten(2).transpose(1, 2)  # (B, N, 3 C); free of copies if channels_last
        tokens = tokens.reshape(b * self.area, -1, self.heads, 3, d).permute(3, 0, 2, 1, 4)
        q, k, v = tokens.unbind(0)  # (B area, heads, N / area, d)
        out = F.scaled_dot_product_attention(q, k, v)
        back = lambda t: t.transpose(1, 2).reshape(b, h, w, c).permute(0, 3, 1, 2)
        value = back(v)
        if not x.is_contiguous(memory_format=torch.channels_last):
            value = value.contiguous()
        return self.proj(back(out) + self.pe(value))


class ABlock(nn.Module):
    def __init__(self, dim, heads, mlp_ratio, area):
        super().__init__()
        self.attn = AAttn(dim, heads, area)
        hidden = int(dim * mlp_ratio)
        self.mlp = nn.Sequential(Conv(dim, hidden), Conv(hidden, dim, act=False))

    def forward(self, x):
        x = x + self.attn(x)
        return x + self.mlp(x)


class A2C2f(nn.Module):
    """R-ELAN block: area attention where `area` is given, C3k blocks where it is None."""

    def __init__(self, c1, c2, n=1, area=None, mlp_ratio=2.0):
        super().__init__()
        c = c2 // 2
        self.cv1 = Conv(c1, c)
        self.cv2 = Conv((1 + n) * c, c2)
        self.m = nn.ModuleList(
            C3k(c, c) if area is None else nn.Sequential(*(ABlock(c, c // 32, mlp_ratio, area) for _ in range(2)))
            for _ in range(n)
        )

    def forward(self, x):
        parts = [self.cv1(x)]
        for block in self.m:
            parts.append(block(parts[-1]))
        return self.cv2(torch.cat(parts, 1))


class SPPF(nn.Module):
    def __init__(self, c1, c2, k=5):
        super().__init__()
        self.cv1 = Conv(c1, c1 // 2)
        self.cv2 = Conv(2 * c1, c2)
        self.pool = nn.MaxPool2d(k, 1, k // 2)

    def forward(self, x):
        parts = [self.cv1(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.cv2(torch.cat(parts, 1))


class Upsample(nn.Module):
    def forward(self, x):
        return F.interpolate(x, scale_factor=2, mode="nearest")


class Concat(nn.Module):
    def forward(self, xs):
        return torch.cat(xs, 1)


class DFL(nn.Module):
    """Holds the constant 0…15 under its published name; decoding uses it directly."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(BINS, 1, 1, bias=False).requires_grad_(False)
        self.conv.weight.data.copy_(torch.arange(BINS, dtype=torch.float32).view(1, BINS, 1, 1))


class Detect(nn.Module):
    def __init__(self, nc, widths, legacy):
        super().__init__()
        self.nc = nc
        c2 = max(16, widths[0] // 4, 4 * BINS)
        c3 = max(widths[0], min(nc, 100))
        self.cv2 = nn.ModuleList(
            nn.Sequential(Conv(c, c2, 3), Conv(c2, c2, 3), nn.Conv2d(c2, 4 * BINS, 1)) for c in widths
        )
        self.cv3 = nn.ModuleList(
            nn.Sequential(Conv(c, c3, 3), Conv(c3, c3, 3), nn.Conv2d(c3, nc, 1))
            if legacy
            else nn.Sequential(
                nn.Sequential(dw_conv(c, c, 3), Conv(c, c3)),
                nn.Sequential(dw_conv(c3, c3, 3), Conv(c3, c3)),
                nn.Conv2d(c3, nc, 1),
            )
            for c in widths
        )
        self.dfl = DFL()
        for box, cls, stride in zip(self.cv2, self.cv3, STRIDES):
            nn.init.constant_(box[2].bias, 1.0)
            nn.init.constant_(cls[2].bias, math.log(5 / nc / (640 / stride) ** 2))

    def forward(self, xs):
        """Box logits (B, A, 64) and class logits (B, A, K)."""
        rows = lambda tower, x: tower(x).flatten(2).transpose(1, 2)
        boxes = torch.cat([rows(tower, x) for tower, x in zip(self.cv2, xs)], 1)
        scores = torch.cat([rows(tower, x) for tower, x in zip(self.cv3, xs)], 1)
        return boxes, scores


def yolov8n(nc):
    """Rows of YOLOv8n, widths resolved: input row or rows, module."""
    return [
        (-1, Conv(3, 16, 3, 2)),
        (-1, Conv(16, 32, 3, 2)),
        (-1, C2f(32, 32, 1, True)),
        (-1, Conv(32, 64, 3, 2)),
        (-1, C2f(64, 64, 2, True)),
        (-1, Conv(64, 128, 3, 2)),
        (-1, C2f(128, 128, 2, True)),
        (-1, Conv(128, 256, 3, 2)),
        (-1, C2f(256, 256, 1, True)),
        (-1, SPPF(256, 256)),
        (-1, Upsample()),
        ((-1, 6), Concat()),
        (-1, C2f(384, 128, 1)),
        (-1, Upsample()),
        ((-1, 4), Concat()),
        (-1, C2f(192, 64, 1)),
        (-1, Conv(64, 64, 3, 2)),
        ((-1, 12), Concat()),
        (-1, C2f(192, 128, 1)),
        (-1, Conv(128, 128, 3, 2)),
        ((-1, 9), Concat()),
        (-1, C2f(384, 256, 1)),
        ((15, 18, 21), Detect(nc, (64, 128, 256), legacy=True)),
    ]


def yolo12n(nc):
    """Rows of YOLO12n, widths resolved: input row or rows, module."""
    return [
        (-1, Conv(3, 16, 3, 2)),
        (-1, Conv(16, 32, 3, 2)),
        (-1, C3k2(32, 64, 1, False, 0.25)),
        (-1, Conv(64, 64, 3, 2)),
        (-1, C3k2(64, 128, 1, False, 0.25)),
        (-1, Conv(128, 128, 3, 2)),
        (-1, A2C2f(128, 128, 2, area=4)),
        (-1, Conv(128, 256, 3, 2)),
        (-1, A2C2f(256, 256, 2, area=1)),
        (-1, Upsample()),
        ((-1, 6), Concat()),
        (-1, A2C2f(384, 128, 1)),
        (-1, Upsample()),
        ((-1, 4), Concat()),
        (-1, A2C2f(256, 64, 1)),
        (-1, Conv(64, 64, 3, 2)),
        ((-1, 11), Concat()),
        (-1, A2C2f(192, 128, 1)),
        (-1, Conv(128, 128, 3, 2)),
        ((-1, 8), Concat()),
        (-1, C3k2(384, 256, 1, True)),
        ((14, 17, 20), Detect(nc, (64, 128, 256), legacy=False)),
    ]


FAMILIES = {"yolov8n": yolov8n, "yolo12n": yolo12n}


class Yolo(nn.Module):
    """A network as its table of rows. Rows below `frozen` run in inference form and keep nothing for a gradient."""

    def __init__(self, name, nc, frozen=0):
        super().__init__()
        rows = FAMILIES[name](nc)
        self.sources = [source for source, _ in rows]
        self.model = nn.ModuleList(module for _, module in rows)
        self.frozen = frozen
        lasting = {i for source in self.sources if isinstance(source, tuple) for i in source if i >= 0}
        self.lasting = lasting
        for module in self.model[:frozen]:
            module.requires_grad_(False)

    def train(self, mode=True):
        super().train(mode)
        for module in self.model[: self.frozen]:
            module.eval()
        return self

    def run_rows(self, x, kept, first, last):
        for i in range(first, last):
            source = self.sources[i]
            x = self.model[i](x if source == -1 else [x if s == -1 else kept[s] for s in source])
            if i in self.lasting:
                kept[i] = x
        return x

    def forward(self, x):
        """(B, 3, H, W) in 0…1 → box logits (B, A, 64), class logits (B, A, K)."""
        kept = {}
        if self.frozen:
            with torch.no_grad():
                x = self.run_rows(x, kept, 0, self.frozen)
        return self.run_rows(x, kept, self.frozen, len(self.model))


def anchor_grid(height, width):
    """Anchor centres (A, 2) in grid units and strides (A, 1) of an input of `height` × `width` px."""
    centres, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(height // stride) + 0.5, torch.arange(width // stride) + 0.5, indexing="ij"
        )
        centres.append(torch.stack((x, y), -1).view(-1, 2))
        strides.append(torch.full((centres[-1].shape[0], 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def decode(boxes, centres):
    """Box logits (..., 64) and anchor centres (..., 2) → `x1, y1, x2, y2` in grid units."""
    bins = torch.arange(BINS, dtype=boxes.dtype)
    sides = boxes.view(*boxes.shape[:-1], 4, BINS).softmax(-1) @ bins
    left_top, right_bottom = sides.split(2, -1)
    return torch.cat((centres - left_top, centres + right_bottom), -1)


def fuse(module):
    """Fold every batch norm below `module` into its convolution, in place; `module` must be in eval mode."""
    for child in module.modules():
        if isinstance(child, Conv):
            child.conv = nn.utils.fuse_conv_bn_eval(child.conv, child.bn)
            child.bn = nn.Identity()
    return module
