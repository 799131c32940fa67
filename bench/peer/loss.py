"""Detection loss of YOLOv8: task-aligned assignment, CIoU, distribution focal loss, binary cross-entropy.

Feng et al., "TOOD: Task-aligned One-stage Object Detection", ICCV 2021; Zheng et al., "Distance-IoU Loss", AAAI 2020;
Li et al., "Generalized Focal Loss", NeurIPS 2020. Boxes are `x1, y1, x2, y2`.
"""

import math

import torch
from torch.nn import functional as F

from yolo import BINS, STRIDES, anchor_grid, decode

TOPK, ALPHA, BETA = 10, 0.5, 6
GAINS = (7.5, 0.5, 1.5)
EPSILON = 1e-7


def ciou(a, b):
    """Complete IoU of rows of `a` (n, 4) with rows of `b` (n, 4)."""
    ax1, ay1, ax2, ay2 = a.unbind(-1)
    bx1, by1, bx2, by2 = b.unbind(-1)
    aw, ah = ax2 - ax1, ay2 - ay1 + EPSILON
    bw, bh = bx2 - bx1, by2 - by1 + EPSILON
    overlap = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1)).clamp(min=0)
    overlap = overlap * (torch.minimum(ay2, by2) - torch.maximum(ay1, by1)).clamp(min=0)
    iou = overlap / (aw * ah + bw * bh - overlap + EPSILON)
    width = torch.maximum(ax2, bx2) - torch.minimum(ax1, bx1)
    height = torch.maximum(ay2, by2) - torch.minimum(ay1, by1)
    distance = ((bx1 + bx2 - ax1 - ax2) ** 2 + (by1 + by2 - ay1 - ay2) ** 2) / 4
    v = (4 / math.pi**2) * (torch.atan(bw / bh) - torch.atan(aw / ah)) ** 2
    with torch.no_grad():
        alpha = v / (v - iou + (1 + EPSILON))
    return iou - (distance / (width**2 + height**2 + EPSILON) + v * alpha)


def pad_targets(image, cls, boxes, batch, scale):
    """Targets of a batch, grouped by image → classes (B, M), boxes (B, M, 4) in pixels, mask (B, M).

    `image` (T,) rising, `cls` (T,), `boxes` (T, 4) centre and size in 0…1, `scale` (4,) width, height, width, height.
    """
    counts = torch.bincount(image, minlength=batch)
    column = torch.arange(len(image)) - (counts.cumsum(0) - counts)[image]
    most = int(counts.max())
    centre, half = (boxes * scale).split(2, -1)
    half = half / 2
    gt_cls = torch.zeros(batch, most, dtype=torch.int64)
    gt_box = torch.zeros(batch, most, 4)
    gt_cls[image, column] = cls
    gt_box[image, column] = torch.cat((centre - half, centre + half), -1)
    return gt_cls, gt_box, gt_box.sum(-1) > 0


def inside(points, boxes):
    """Which of A points (A, 2) lie in which of the boxes (B, M, 4), for the choice of candidates: (B, M, A).

    A side under the finest stride is taken as the next stride, so that a small lesion is not left without an anchor.
    """
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    size = boxes[..., 2:] - boxes[..., :2]
    half = torch.where(size < STRIDES[0], STRIDES[1], size) / 2
    x, y = points.T
    low, high = centre - half, centre + half
    near = torch.minimum(x - low[..., :1], y - low[..., 1:])
    far = torch.minimum(high[..., :1] - x, high[..., 1:] - y)
    return torch.minimum(near, far) > 1e-9


@torch.no_grad()
def assign(scores, boxes, points, gt_cls, gt_box, gt_mask):
    """Task-aligned assignment, worked out on candidate pairs alone.

    `scores` (B, A, K) in 0…1, `boxes` (B, A, 4) and `points` (A, 2) in pixels, targets as `pad_targets` gives them.
    Returns image (P,), anchor (P,), target (P,) and weight (P,) of the positives.
    """
    candidates = inside(points, gt_box) & gt_mask[..., None]
    b, m, a = candidates.nonzero(as_tuple=True)
    overlap = ciou(gt_box[b, m], boxes[b, a]).clamp(min=0)
    overlaps = overlap.new_zeros(candidates.shape)
    metrics = overlap.new_zeros(candidates.shape)
    overlaps[b, m, a] = overlap
    metrics[b, m, a] = scores[b, a, gt_cls[b, m]] ** ALPHA * overlap**BETA

    best = metrics.topk(min(TOPK, metrics.shape[-1]), -1).indices
    positive = torch.zeros_like(candidates).scatter_(-1, best, True) & candidates
    b, a = (positive.sum(1) > 1).nonzero(as_tuple=True)
    if len(b):  # an anchor wanted by several goes to the one it overlaps most
        m = overlaps[b, :, a].argmax(-1)
        positive[b, :, a] = False
        positive[b, m, a] = True

    metrics *= positive
    scale = (overlaps * positive).amax(-1) / (metrics.amax(-1) + 1e-9)
    b, m, a = positive.nonzero(as_tuple=True)
    return b, a, m, metrics[b, m, a] * scale[b, m]


class DetectionLoss:
    """Loss of one input size; anchors are made once."""

    def __init__(self, height, width):
        self.centres, self.strides = anchor_grid(height, width)
        self.points = self.centres * self.strides
        self.scale = torch.tensor([width, height, width, height], dtype=torch.float32)

    def __call__(self, boxes, scores, targets):
        """Box logits (B, A, 64), class logits (B, A, K) and targets (image, cls, boxes) → loss, items (3,).

        Items are box, class, DFL with their gains; the loss is their sum × B.
        """
        batch, anchors, _ = scores.shape
        gt_cls, gt_box, gt_mask = pad_targets(*targets, batch, self.scale)
        with torch.no_grad():
            predicted = decode(boxes.detach(), self.centres) * self.strides
        b, a, m, weight = assign(scores.detach().sigmoid(), predicted, self.points, gt_cls, gt_box, gt_mask)
        total = weight.sum().clamp(min=1)

        wanted = torch.zeros_like(scores)
        wanted[b, a, gt_cls[b, m]] = weight
        cls = F.binary_cross_entropy_with_logits(scores, wanted, reduction="sum") / total

        logits = boxes.reshape(batch * anchors, -1).index_select(0, b * anchors + a)  # (P, 64)
        target = gt_box[b, m] / self.strides[a]
        box = ((1 - ciou(decode(logits, self.centres[a]), target)) * weight).sum() / total
        dfl = (distribution_focal(logits, target, self.centres[a]) * weight).sum() / total
        items = torch.stack((box, cls, dfl)) * torch.tensor(GAINS)
        return items.sum() * batch, items.detach()


def distribution_focal(logits, target, centres):
    """Cross-entropy of the two bins beside each true distance, averaged over the four sides: (P,)."""
    low, high = target.split(2, -1)
    distance = torch.cat((centres - low, high - centres), -1).clamp(0, BINS - 1 - 0.01)
    left = distance.long()
    share = distance - left
    log = logits.view(-1, 4, BINS).log_softmax(-1)
    below = log.gather(-1, left[..., None]).squeeze(-1)
    above = log.gather(-1, left[..., None] + 1).squeeze(-1)
    return -(below * (1 - share) + above * share).mean(-1)
