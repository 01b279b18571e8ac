"""Trains the seedling net on prepared crops; checkpoints every few minutes and resumes.

usage: train.py --data CROPS --held-out CROPS --out DIR --minutes M [--seed S] [--capacity N]

Crops may still be coming in (models/training/feed.py) while it trains. Prints a line a report with the losses and, on
held-out crops (plant families, substrates and trays that never train), the accuracy of cells. Picks nothing by
evaluation sets.
"""

import argparse
import sys
import threading
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from net import PITCH, SeedlingNet
from prepare import NAMES
from run import Run, add_arguments


def shards_of(folder):
    return sorted(Path(folder).glob("*.npz"))


def load(folder, most):
    """Up to `most` crops of a folder's shards, evenly drawn."""
    parts = []
    for path in shards_of(folder):
        with np.load(path) as f:
            parts.append({n: f[n] for n in NAMES})
    crops = {n: np.concatenate([p[n] for p in parts]) for n in NAMES}
    step = -(-len(crops["cells"]) // most)
    return {n: torch.from_numpy(np.ascontiguousarray(c[::step])) for n, c in crops.items()}


class Pool:
    """Crops on the device; a thread adds new shards, and goes round where there are more than it holds."""

    def __init__(self, folder, capacity, device, names):
        self.folder, self.capacity, self.device, self.names = folder, capacity, device, names
        self.crops, self.seen, self.filled = None, 0, 0
        threading.Thread(target=self.gather, daemon=True).start()

    def gather(self):
        taken, at = set(), 0
        while True:
            every = shards_of(self.folder)
            new = [p for p in every if p not in taken]
            for path in new:
                with np.load(path) as f:
                    at = self.put({n: torch.from_numpy(f[n]) for n in self.names}, at)
                taken.add(path)
                if self.filled > 0.9 * self.capacity:
                    time.sleep(5)  # the rest is exchanged bit by bit
            if not new and self.seen > self.capacity:
                taken.clear()
            time.sleep(0.5)

    def put(self, shard, at):
        if self.crops is None:
            self.crops = {n: torch.empty((self.capacity, *s.shape[1:]), dtype=s.dtype, device=self.device)
                          for n, s in shard.items()}
        count = len(shard["cells"])
        at = at if at + count <= self.capacity else 0
        for n, s in shard.items():
            self.crops[n][at:at + count].copy_(s)
        self.seen += count
        self.filled = max(self.filled, at + count)
        return at + count

    def batch(self, size):
        index = torch.randint(self.filled, (size,), device=self.device)
        return {n: c[index] for n, c in self.crops.items()}


def turned(b):
    """Each quarter of the batch in one of the eight turns of the square: exact for cells and pixels."""
    quarters = [turned_once({n: t[k::4] for n, t in b.items()}) for k in range(min(4, len(b["cells"])))]
    return {n: torch.cat([q[n] for q in quarters]) for n in b}


def turned_once(b):
    k, flip = int(torch.randint(4, ())), bool(torch.randint(2, ()))
    side = (4 + 1) * PITCH

    def turn(t, dims):
        if flip:
            t = torch.flip(t, (dims[1],))
        return torch.rot90(t, k, dims)

    out = {n: turn(t, (1, 2)) for n, t in b.items() if n != "roots"}
    x, y, there = b["roots"].unbind(-1)
    if flip:
        x = side - x
    for _ in range(k):  # rot90 over (rows, cols) turns counter-clockwise: (x, y) -> (y, side - x)
        x, y = y, side - x
    out["roots"] = torch.stack([x, y, there], -1)
    return out


def relit(images):
    """Gamma, saturation, gain, white balance, offset, blur or sharpening, and noise, drawn for every picture."""
    n, device = len(images), images.device

    def drawn(low, high, *shape):
        return torch.empty(n, *shape, device=device).uniform_(low, high)

    def sometimes(share):
        return torch.rand(n, 1, 1, 1, device=device) < share

    x = images.permute(0, 3, 1, 2).float().clamp_(min=0.5).div_(255).pow_(drawn(-0.35, 0.35, 1, 1, 1).exp()).mul_(255)
    colour = drawn(0.55, 1.45, 1, 1)  # saturation, as a matrix: grey + (x - grey) * colour
    gain = drawn(-0.35, 0.35, 1).exp() * drawn(-0.15, 0.15, 3).exp()
    mixing = torch.diag_embed(gain) @ (torch.eye(3, device=device) * colour + (1 - colour) / 3)
    x = torch.einsum("nij,njhw->nihw", mixing, x).add_(drawn(-13, 13, 1, 1, 1))
    soft = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    amount = torch.where(sometimes(0.5), drawn(-0.9, 0.9, 1, 1, 1), 0)  # below 0 sharpens, above 0 blurs
    x = x.lerp_(soft, amount.expand_as(x))
    sigma = torch.where(sometimes(0.4), drawn(0, 12, 1, 1, 1), 0)
    return x.addcmul_(torch.randn_like(x), sigma).clamp_(0, 255).round_()


# Spread of a root's heat, rectified px: two roots an eighth of a pitch apart leave a dip between them.
ROOT_PX = 3.6


def centre_targets(b):
    """Heat map of roots (Gaussian of 0.9 feature pixels) and the way from every plant pixel to its root."""
    n, h, w = b["owners"].shape
    device = b["owners"].device
    roots, there = b["roots"][..., :2], b["roots"][..., 2] > 0
    ys = torch.arange(h, device=device) * 4 + 2.0
    xs = torch.arange(w, device=device) * 4 + 2.0
    gx = torch.exp(-((xs - roots[..., 0, None]) ** 2) / (2 * ROOT_PX**2)) * there[..., None]
    gy = torch.exp(-((ys - roots[..., 1, None]) ** 2) / (2 * ROOT_PX**2))
    heat = torch.zeros(n, h, w, device=device)
    last = int((there.any(0) * torch.arange(1, there.shape[1] + 1, device=device)).max())
    for k in range(last):
        heat = torch.maximum(heat, gy[:, k, :, None] * gx[:, k, None, :])
    index = (b["owners"].long() - 1).clamp(min=0).reshape(n, -1)
    x = torch.gather(roots[..., 0], 1, index).reshape(n, h, w)
    y = torch.gather(roots[..., 1], 1, index).reshape(n, h, w)
    known = torch.gather(there, 1, index).reshape(n, h, w) & (b["owners"] > 0)
    way = torch.stack([(x - xs[None, None, :]) / PITCH, (y - ys[None, :, None]) / PITCH], 1)
    return heat, way, known


# Weight of chlorotic and necrotic pixels against healthy ones: a tenth of all leaf.
SICK = 2.0
# Weight of a cell with several plants: they are rare; what it biases is taken back by calibration.
SEVERAL = 2.0


def cell_loss(logits, plants):
    """Cross entropy of empty, one, several; where nobody could count, of empty or not."""
    logs = F.log_softmax(logits, 1)
    some = torch.logaddexp(logs[:, 1], logs[:, 2])
    known = plants < 254
    state = plants.clamp(max=2) * known
    nll = -torch.where(known, logs.gather(1, state[:, None])[:, 0], some)
    weight = (plants != 255) * torch.where(known & (state == 2), SEVERAL, 1.0)
    smooth = -logs.mean(1)
    return ((0.99 * nll + 0.01 * smooth) * weight).sum() / weight.sum().clamp(min=1)


def losses(outputs, b):
    classes, centres, cells = outputs
    share = b["classes"].permute(0, 3, 1, 2).float() / 255
    target = torch.cat([(1 - share.sum(1, keepdim=True)).clamp(min=0), share], 1)
    logs = F.log_softmax(classes, 1)
    weight = torch.where(share.sum(1) > 0, 3.0, 1.0) * torch.where(share[:, 1:].sum(1) > 0.25, SICK, 1.0)
    mask = -((target * logs).sum(1) * weight).mean()
    plant = 1 - logs[:, 0].exp()
    truth = share.sum(1)
    dice = 1 - (2 * (plant * truth).sum((1, 2)) + 20) / (plant.sum((1, 2)) + truth.sum((1, 2)) + 20)
    heat, way, known = centre_targets(b)
    p = centres[:, 0].sigmoid().clamp(1e-5, 1 - 1e-5)
    # a root lies within 2.83 px of a feature pixel's centre: every root in view has a peak
    peak = heat > 0.73
    focal = -(torch.where(peak, (1 - p) ** 2 * p.log(), (1 - heat) ** 4 * p**2 * (1 - p).log())).sum()
    focal = focal / peak.sum().clamp(min=1)
    walk = ((centres[:, 1:] - way).abs().sum(1) * known).sum() / known.sum().clamp(min=1)
    cell = cell_loss(cells[:, :3], b["cells"].long())
    sick = b["weak"]
    seen = sick != 255
    weak = F.binary_cross_entropy_with_logits(cells[:, 3], (sick == 1).float(), reduction="none")
    weak = (weak * seen).sum() / seen.sum().clamp(min=1)
    parts = {"mask": mask, "dice": dice.mean(), "heat": focal, "way": walk, "cell": cell, "weak": weak}
    total = mask + 0.5 * parts["dice"] + 0.2 * focal + 0.5 * walk + 1.0 * cell + 0.3 * weak
    return total, parts


# What teach.py adds to a shard.
TAUGHT = ("taught_classes", "taught_heat", "taught_cells")


def taught_losses(outputs, b):
    """How far the net is from what another said about the same crops (Hinton, Vinyals and Dean 2015): cross entropies
    against its probabilities. Cells that nobody could label count as well."""
    classes, centres, cells = outputs
    plant = b["taught_classes"].permute(0, 3, 1, 2).float() / 255
    target = torch.cat([(1 - plant.sum(1, keepdim=True)).clamp(min=0), plant], 1)
    weight = 1 + 2 * plant.sum(1) + SICK * plant[:, 1:].sum(1)
    mask = -((target * F.log_softmax(classes, 1)).sum(1) * weight).mean()
    heat = b["taught_heat"][..., 0].float() / 255
    # a hundredth of the pixels are near a root
    root = (F.binary_cross_entropy_with_logits(centres[:, 0], heat, reduction="none") * (1 + 30 * heat)).mean()
    said = b["taught_cells"].permute(0, 3, 1, 2)
    cell = -(said[:, :3] * F.log_softmax(cells[:, :3], 1)).sum(1).mean()
    occupied = 1 - said[:, 0]
    weak = F.binary_cross_entropy_with_logits(cells[:, 3], said[:, 3], reduction="none")
    weak = (weak * occupied).sum() / occupied.sum().clamp(min=1)
    parts = {"taught_mask": mask, "taught_heat": root, "taught_cell": cell, "taught_weak": weak}
    return mask + root + cell + 0.3 * weak, parts


@torch.no_grad()
def cell_logits(net, crops, device):
    """Logits of the state and its truth, of every cell that somebody could count."""
    logits, truths = [], []
    for i in range(0, len(crops["cells"]), 64):
        plants = crops["cells"][i:i + 64].to(device)
        _, _, cells = net(crops["images"][i:i + 64].to(device).permute(0, 3, 1, 2).float())
        known = plants < 254
        logits.append(cells[:, :3].permute(0, 2, 3, 1)[known].float().cpu())
        truths.append(plants.clamp(max=2)[known].long().cpu())
    return torch.cat(logits), torch.cat(truths)


def held_out(net, crops, device):
    net.eval()
    logits, truths = cell_logits(net, crops, device)
    net.train()
    hits = np.zeros((3, 3), int)
    np.add.at(hits, (truths.numpy(), logits.argmax(-1).numpy()), 1)
    occupied = hits[1:, 1:].sum()
    return {"occupancy": float((hits[0, 0] + occupied) / hits.sum()), "nll": F.cross_entropy(logits, truths).item(),
            "blank_recall": float(hits[0, 0] / max(1, hits[0].sum())),
            "seedling_recall": float(occupied / max(1, hits[1:].sum())),
            "double_recall": float(hits[2, 2] / max(1, hits[2].sum())),
            "single_called_double": float(hits[1, 2] / max(1, hits[1].sum())), "cells": int(hits.sum())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--capacity", type=int, default=30_000, help="crops kept on the device, 220 kB each")
    parser.add_argument("--taught", type=float, default=0.0, metavar="SHARE",
                        help="share of the loss that comes of what another net said (teach.py), 0 to 1")
    parser.add_argument("--least", type=int, default=1_000, help="crops to wait for before the first step")
    parser.add_argument("--report", type=int, default=200, help="steps between reports; every fifth has held-out figures")
    add_arguments(parser, batch=24, rate=3e-3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    gpu = args.device.startswith("cuda")
    pool = Pool(args.data, args.capacity, args.device, NAMES + (TAUGHT if args.taught else ()))
    while pool.filled < args.least:
        time.sleep(0.2)
    val = load(args.held_out, 2000)
    run = Run(SeedlingNet(), args)
    torch.manual_seed(args.seed * 1_000_003 + run.step)
    net = torch.compile(run.net) if gpu else run.net
    while run.going():
        b = turned(pool.batch(args.batch))
        images = relit(b["images"]).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cuda", torch.bfloat16, enabled=gpu):
            outputs = net(images)
        outputs = [o.float() for o in outputs]
        total, parts = losses(outputs, b)
        if args.taught:
            taught, more = taught_losses(outputs, b)
            total, parts = (1 - args.taught) * total + args.taught * taught, parts | more
        run.learn(total, parts)
        if run.step % (5 * args.report) == 0:
            run.report(args.report, crops=pool.seen, held_out=held_out(run.smooth.module, val, args.device))
        elif run.step % args.report == 0:
            run.report(args.report, crops=pool.seen)
    run.save()
    run.write({"final": held_out(run.smooth.module, val, args.device), "seen": run.step * args.batch, "crops": pool.seen,
               "seconds": round(run.spent), "seed": args.seed})


if __name__ == "__main__":
    main()
