"""Trains the seedling net on prepared crops; checkpoints every few minutes and resumes.

usage: train.py --data CROPS[,CROPS…] --held-out CROPS --out DIR --minutes M [--seed S]

Prints a line a report with the losses and, on held-out crops (plant families, substrates and trays that
never train), the accuracy of cells. Picks nothing by evaluation sets.
"""

import argparse
import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from net import PITCH, SeedlingNet

NAMES = ("images", "classes", "owners", "roots", "cells", "weak")


def load(folders):
    parts = [{n: np.load(Path(f) / f"{n}.npy", mmap_mode="r") for n in NAMES} for f in folders]
    return parts, np.cumsum([0] + [len(p["cells"]) for p in parts])


def batch(parts, ends, indices):
    out = {n: [] for n in NAMES}
    for i in indices:
        k = int(np.searchsorted(ends, i, "right")) - 1
        for n in NAMES:
            out[n].append(parts[k][n][i - ends[k]])
    return {n: torch.from_numpy(np.stack(v)) for n, v in out.items()}


def turned(b, rng):
    """One of the eight turns of the square, the same for the whole batch: exact for cells and pixels."""
    k, flip = int(rng.integers(4)), bool(rng.integers(2))
    side = (4 + 1) * PITCH

    def turn(t, dims):
        if flip:
            t = torch.flip(t, (dims[1],))
        return torch.rot90(t, k, dims)

    out = {n: turn(b[n], (1, 2)) for n in ("images", "classes", "owners", "cells", "weak")}
    x, y, there = b["roots"].unbind(-1)
    if flip:
        x = side - x
    for _ in range(k):  # rot90 over (rows, cols) turns counter-clockwise: (x, y) -> (y, side - x)
        x, y = y, side - x
    out["roots"] = torch.stack([x, y, there], -1)
    return out


# Normal noise, drawn once: a part of it from a random place is as good as new.
GRAIN = np.random.default_rng(0).standard_normal(1 << 20).astype(np.float32)


def relit(x, rng):
    """Light, white balance, gamma, saturation, blur, sharpening and noise, per picture."""
    out = np.empty(x.shape, np.float32)
    for i, picture in enumerate(x.numpy()):
        curve = np.linspace(0, 1, 256) ** np.exp(rng.uniform(-0.35, 0.35)) * 255
        lit = cv2.LUT(picture, curve.astype(np.float32))
        colour = rng.uniform(0.55, 1.45)  # saturation, as a matrix: grey + (x - grey) * colour
        gain = np.exp(rng.uniform(-0.35, 0.35)) * np.exp(rng.uniform(-0.15, 0.15, 3))
        mixing = np.diag(gain) @ (np.eye(3) * colour + (1 - colour) / 3)
        offset = np.full((3, 1), rng.uniform(-13, 13))
        lit = cv2.transform(lit, np.hstack([mixing, offset]).astype(np.float32))
        if rng.random() < 0.5:
            amount = rng.uniform(-0.9, 0.9)  # below 0 sharpens, above 0 blurs
            lit = cv2.addWeighted(lit, 1 - amount, cv2.blur(lit, (3, 3)), amount, 0)
        if rng.random() < 0.4:
            at = int(rng.integers(0, GRAIN.size - lit.size))
            lit += GRAIN[at:at + lit.size].reshape(lit.shape) * np.float32(rng.uniform(0, 12))
        out[i] = np.clip(lit, 0, 255)
    return torch.from_numpy(out).round_()


# Spread of a root's heat, rectified px: two roots an eighth of a pitch apart leave a dip between them.
ROOT_PX = 3.6


def centre_targets(b):
    """Heat map of roots (Gaussian of 0.9 feature pixels) and the way from every plant pixel to its root."""
    n, h, w = b["owners"].shape
    roots, there = b["roots"][..., :2], b["roots"][..., 2] > 0
    ys = (torch.arange(h) * 4 + 2.0)
    xs = (torch.arange(w) * 4 + 2.0)
    heat = torch.zeros(n, h, w)
    for i in range(n):
        pts = roots[i][there[i]]
        if len(pts):
            gx = torch.exp(-((xs[None] - pts[:, :1]) ** 2) / (2 * ROOT_PX**2))
            gy = torch.exp(-((ys[None] - pts[:, 1:]) ** 2) / (2 * ROOT_PX**2))
            heat[i] = (gy[:, :, None] * gx[:, None, :]).amax(0)
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


def losses(net, b):
    classes, centres, cells = net(b["images"].permute(0, 3, 1, 2))
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
    focal = focal / max(1, int(peak.sum()))
    walk = (centres[:, 1:] - way).abs().sum(1)[known].mean() if known.any() else centres.sum() * 0
    cell = cell_loss(cells[:, :3], b["cells"].long())
    sick = b["weak"]
    seen = sick != 255
    weak = F.binary_cross_entropy_with_logits(cells[:, 3][seen], sick[seen].float()) if seen.any() else cell * 0
    parts = {"mask": mask, "dice": dice.mean(), "heat": focal, "way": walk, "cell": cell, "weak": weak}
    total = mask + 0.5 * parts["dice"] + 0.2 * focal + 0.5 * walk + 1.0 * cell + 0.3 * weak
    return total, parts


@torch.no_grad()
def held_out(net, parts, ends, most=2000):
    net.eval()
    step = max(1, int(ends[-1]) // most)
    hits = np.zeros((3, 3), int)
    logits, truths = [], []
    for i in range(0, int(ends[-1]), step * 32):
        b = batch(parts, ends, range(i, min(i + step * 32, int(ends[-1])), step))
        _, _, cells = net(b["images"].permute(0, 3, 1, 2).float())
        known = b["cells"] < 254
        truth = b["cells"].clamp(max=2)[known].long()
        guess = cells[:, :3].permute(0, 2, 3, 1)[known]
        np.add.at(hits, (truth.numpy(), guess.argmax(-1).numpy()), 1)
        logits.append(guess)
        truths.append(truth)
    net.train()
    logits, truths = torch.cat(logits), torch.cat(truths)
    nll = F.cross_entropy(logits, truths).item()
    occupied = hits[1:, 1:].sum()
    return {"occupancy": float((hits[0, 0] + occupied) / hits.sum()), "nll": nll,
            "blank_recall": float(hits[0, 0] / max(1, hits[0].sum())),
            "seedling_recall": float(occupied / max(1, hits[1:].sum())),
            "double_recall": float(hits[2, 2] / max(1, hits[2].sum())), "cells": int(hits.sum())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--held-out", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--init", type=Path, help="weights to start from: another run's last.pt")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    parts, ends = load(args.data.split(","))
    val, val_ends = load(args.held_out.split(","))
    net = SeedlingNet().to(memory_format=torch.channels_last)
    if args.init:
        net.load_state_dict(torch.load(args.init, weights_only=True)["net"])
    smooth = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998), use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=1e-3)
    args.out.mkdir(parents=True, exist_ok=True)
    last = args.out / "last.pt"
    step, spent = 0, 0.0
    if last.exists():
        state = torch.load(last, weights_only=True)
        net.load_state_dict(state["net"])
        smooth.load_state_dict(state["smooth"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["spent"]
        rng = np.random.default_rng((args.seed, step))
    begun, log = time.time() - spent, open(args.out / "log.jsonl", "a")
    ends_at, sums, saved = args.minutes * 60, {}, time.time()
    while (spent := time.time() - begun) < ends_at:
        share = spent / ends_at
        rate = args.rate * min(1, (step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * share)) + 1e-6
        for g in optimiser.param_groups:
            g["lr"] = rate
        b = turned(batch(parts, ends, rng.integers(0, int(ends[-1]), args.batch)), rng)
        b["images"] = relit(b["images"].contiguous(), rng)
        total, each = losses(net, b)
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        smooth.update_parameters(net)
        step += 1
        for k, v in each.items():
            sums[k] = sums.get(k, 0.0) + v.item()
        if step % 200 == 0:
            line = {"step": step, "crops": step * args.batch, "seconds": round(spent), "rate": rate,
                    **{k: round(v / 200, 4) for k, v in sums.items()}}
            if step % 1000 == 0:
                line["held_out"] = held_out(smooth.module, val, val_ends)
            print(json.dumps(line), flush=True)
            log.write(json.dumps(line) + "\n")
            log.flush()
            sums = {}
        if time.time() - saved > 120:
            save(last, net, smooth, optimiser, step, spent)
            saved = time.time()
    save(last, net, smooth, optimiser, step, spent)
    line = {"final": held_out(smooth.module, val, val_ends, 8000), "crops": step * args.batch,
            "seconds": round(spent), "seed": args.seed}
    print(json.dumps(line))
    log.write(json.dumps(line) + "\n")


def save(path, net, smooth, optimiser, step, spent):
    part = path.with_suffix(".part")
    torch.save({"net": net.state_dict(), "smooth": smooth.state_dict(),
                "optimiser": optimiser.state_dict(), "step": step, "spent": spent}, part)
    part.replace(path)


if __name__ == "__main__":
    main()
