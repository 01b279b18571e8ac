"""Trains the tray finder on prepared scenes; checkpoints every two minutes and resumes.

usage: train.py --data SCENES --out DIR --minutes M [--seed S] [--workers N]

Scenes may still be coming in (models/training/feed.py) while it trains.

Prints the losses, and of scenes kept apart (every twentieth) the block's overlap, the phase's error in pitches
and how often a straight reading of the shares gives the right number of rows and columns.
"""

import argparse
import math
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from net import STRIDE, TrayFinder
from prepare import shrink_by
from run import Run, add_arguments

# What the net sees: pixels a pitch of a block that fills the frame, and the longest side, px.
FILL, LEAST_SIDE, MOST_SIDE = 20, 224, 640


def fields(nodes, size):
    """u and v of every output pixel's centre (NaN outside the block): every cell's samples are put where they
    fall and moved to the pixel's centre along the cell's own axes."""
    width, height = size
    u, v = np.full((height, width), np.nan, np.float32), np.full((height, width), np.nan, np.float32)
    rows, cols = nodes.shape[0] - 1, nodes.shape[1] - 1
    if rows < 1:
        return u, v
    places = nodes / STRIDE
    pitch = max(np.linalg.norm(places[:, 1:] - places[:, :-1], axis=-1).max(),
                np.linalg.norm(places[1:] - places[:-1], axis=-1).max())
    k = int(np.ceil(pitch * 2.5)) + 1
    at = (np.arange(k) + 0.5) / k
    a = at[None, None, :, None, None]  # down
    b = at[None, None, None, :, None]  # along
    p00, p01 = (places[:-1, :-1], places[:-1, 1:])
    p10, p11 = (places[1:, :-1], places[1:, 1:])
    c = [p[:, :, None, None, :] for p in (p00, p01, p10, p11)]
    point = (c[0] * (1 - b) + c[1] * b) * (1 - a) + (c[2] * (1 - b) + c[3] * b) * a
    along = (c[1] - c[0]) * (1 - a) + (c[3] - c[2]) * a
    down = (c[2] - c[0]) * (1 - b) + (c[3] - c[1]) * b
    along, down = np.broadcast_to(along, point.shape), np.broadcast_to(down, point.shape)
    pixel = np.floor(point)
    d = pixel + 0.5 - point
    det = along[..., 0] * down[..., 1] - along[..., 1] * down[..., 0]
    du = (d[..., 0] * down[..., 1] - d[..., 1] * down[..., 0]) / det
    dv = (along[..., 0] * d[..., 1] - along[..., 1] * d[..., 0]) / det
    uu = np.arange(cols)[None, :, None, None] + at[None, None, None, :] + du
    vv = np.arange(rows)[:, None, None, None] + at[None, None, :, None] + dv
    x, y = pixel[..., 0].astype(int).ravel(), pixel[..., 1].astype(int).ravel()
    uu, vv = uu.ravel(), vv.ravel()
    ok = (x >= 0) & (y >= 0) & (x < width) & (y < height) & (uu >= 0) & (vv >= 0) & (uu <= cols) & (vv <= rows)
    u[y[ok], x[ok]], v[y[ok], x[ok]] = uu[ok], vv[ok]
    return u, v


def relit(picture, rng):
    """Light, white balance, gamma, saturation, blur, sharpening and noise."""
    curve = np.linspace(0, 1, 256) ** np.exp(rng.uniform(-0.4, 0.4)) * 255
    lit = cv2.LUT(picture, curve.astype(np.float32))
    colour = rng.uniform(0.3, 1.5)
    gain = np.exp(rng.uniform(-0.4, 0.4)) * np.exp(rng.uniform(-0.25, 0.25, 3))
    mixing = np.diag(gain) @ (np.eye(3) * colour + (1 - colour) / 3)
    if rng.random() < 0.1:
        mixing = mixing[rng.permutation(3)]
    lit = cv2.transform(lit, np.hstack([mixing, np.full((3, 1), rng.uniform(-20, 20))]).astype(np.float32))
    if rng.random() < 0.4:
        amount = rng.uniform(-0.9, 0.9)
        lit = cv2.addWeighted(lit, 1 - amount, cv2.blur(lit, (3, 3)), amount, 0)
    if rng.random() < 0.4:
        lit += rng.standard_normal(lit.shape).astype(np.float32) * np.float32(rng.uniform(0, 10))
    return np.clip(lit, 0, 255)


def overgrown(picture, nodes, rng):
    """Leaves over the tray, more and larger than nurseries let grow: the lattice goes on below them."""
    picture = np.ascontiguousarray(picture)
    pitch = np.linalg.norm(nodes[0, 1] - nodes[0, 0])
    low, high = nodes.min((0, 1)), nodes.max((0, 1))
    leaf = rng.uniform([20, 70, 10], [150, 220, 130])
    for _ in range(int(rng.uniform(0.1, 0.8) * (nodes.shape[0] - 1) * (nodes.shape[1] - 1))):
        at = tuple(int(c) for c in rng.uniform(low, high))
        axes = tuple(max(1, int(a)) for a in pitch * rng.uniform([0.2, 0.12], [0.8, 0.45]))
        colour = (leaf * rng.uniform(0.6, 1.2)).clip(0, 255).tolist()
        cv2.ellipse(picture, at, axes, rng.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
    return picture


def scene(path, rng, train):
    """A shrunk frame with its nodes: landscape, and in training turned, scaled, shifted and lit anew."""
    with np.load(path) as f:
        picture, nodes, (rows, cols) = f["picture"], f["nodes"], f["grid"]
    size = picture.shape[1], picture.shape[0]
    by = shrink_by(size, rows, cols, FILL, (LEAST_SIDE, MOST_SIDE))
    if train:
        by *= np.exp(rng.uniform(-0.3, 0.2))
    by = min(by, 1.0)
    small = [max(32, round(s * by)) for s in size]
    m = np.array([[small[0] / size[0], 0, 0], [0, small[1] / size[1], 0]], np.float64)
    picture = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    nodes = nodes * np.diag(m[:, :2]).astype(np.float32)
    if train:
        if rng.random() < 0.5:
            turn, stretch = rng.uniform(-12, 12) if rng.random() < 0.5 else 0.0, rng.uniform(0.8, 1.0)
            t = cv2.getRotationMatrix2D((small[0] / 2, small[1] / 2), turn, stretch)
            t[:, 2] += rng.uniform(-0.06, 0.06, 2) * small
            # positions are of pixel corners, warpAffine's of pixel centres
            shifted = t.copy()
            shifted[:, 2] += t[:, :2] @ [0.5, 0.5] - 0.5
            border = cv2.BORDER_CONSTANT if rng.random() < 0.5 else cv2.BORDER_REFLECT_101
            ground = rng.uniform(0, 255, 3).tolist()
            if border == cv2.BORDER_CONSTANT or rng.random() < 0.5:
                picture = cv2.warpAffine(picture, shifted, small, flags=cv2.INTER_LINEAR,
                                         borderMode=cv2.BORDER_CONSTANT, borderValue=ground)
                nodes = nodes @ t[:, :2].T.astype(np.float32) + t[:, 2].astype(np.float32)
        if nodes.size and rng.random() < 0.12:
            picture = overgrown(picture, nodes, rng)
        picture = relit(picture, rng)
        if rng.random() < 0.5:
            picture, nodes = picture[:, ::-1], nodes[:, ::-1] * [-1, 1] + [small[0], 0] if nodes.size else nodes
        if rng.random() < 0.5:
            picture, nodes = picture[::-1], nodes[::-1] * [1, -1] + [0, small[1]] if nodes.size else nodes
    picture = np.asarray(picture, np.float32)
    turned = small[1] > small[0] if not train or abs(small[1] - small[0]) > 32 else rng.random() < 0.5
    if turned:
        picture = picture.transpose(1, 0, 2)
        nodes = nodes[..., ::-1].transpose(1, 0, 2) if nodes.size else nodes
    return picture, np.asarray(nodes, np.float32)


def padded(picture, size):
    """Black to the right and below, as the inspection pads to multiples of 32."""
    out = np.zeros((size[1], size[0], 3), np.float32)
    out[: picture.shape[0], : picture.shape[1]] = picture
    return out


def collate(scenes):
    size = [-(-max(p.shape[1 - k] for p, _ in scenes) // 32) * 32 for k in (0, 1)]
    frames, targets = [], []
    for picture, nodes in scenes:
        frames.append(padded(picture, size))
        u, v = fields(nodes, (size[0] // STRIDE, size[1] // STRIDE))
        u[-(-picture.shape[0] // STRIDE):] = np.nan  # a block may go on beyond the picture's edge
        u[:, -(-picture.shape[1] // STRIDE):] = np.nan
        v[np.isnan(u)] = np.nan
        cells = np.array([max(1, nodes.shape[1] - 1), max(1, nodes.shape[0] - 1)], np.float32)
        targets.append(np.stack([~np.isnan(u), np.nan_to_num(u), np.nan_to_num(v),
                                 np.nan_to_num(u) / cells[0], np.nan_to_num(v) / cells[1]]).astype(np.float32))
    images = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)
    return images, torch.from_numpy(np.stack(targets))


def losses(net, images, targets):
    out = net(images.contiguous(memory_format=torch.channels_last))
    inside = targets[:, 0]
    logit = out[:, 0]
    block = F.binary_cross_entropy_with_logits(logit, inside)
    p = logit.sigmoid()
    dice = (1 - (2 * (p * inside).sum((1, 2)) + 20) / (p.sum((1, 2)) + inside.sum((1, 2)) + 20)).mean()
    angle = targets[:, 1:3] * (2 * math.pi)
    truth = torch.stack([angle[:, 0].cos(), angle[:, 0].sin(), angle[:, 1].cos(), angle[:, 1].sin()], 1)
    weight = inside / inside.sum((1, 2), keepdim=True).clamp(min=50) / len(inside)
    phase = (((out[:, 1:5] - truth) ** 2).sum(1) * weight).sum()
    share = ((out[:, 5:7] - targets[:, 3:5]).abs().sum(1) * weight).sum()
    parts = {"block": block, "dice": dice, "phase": phase, "share": share}
    return block + 0.5 * dice + 0.5 * phase + 2.0 * share, parts, out


@torch.no_grad()
def kept_apart(net, paths):
    net.eval()
    device = next(net.parameters()).device
    rng, figures = np.random.default_rng(0), []
    for path in paths:
        picture, nodes = scene(path, rng, False)
        images, targets = (t.to(device) for t in collate([(picture, nodes)]))
        _, _, out = losses(net, images, targets)
        figures.append(figures_of(out[0, 0] > 0, out[0, 1:5], out[0, 5:7], targets[0]))
    net.train()
    return told(figures)


def figures_of(found, phase, share, truth):
    """How far what a net says of a scene is off: share of the frame that is falsely block, else overlap, and the median
    errors of phase, pitches, and share."""
    inside = truth[0] > 0
    if not inside.any():
        return {"false": float(found.float().mean())}
    turns = [torch.atan2(phase[2 * k + 1], phase[2 * k]) / (2 * math.pi) - truth[1 + k] for k in (0, 1)]
    return {"overlap": float((inside & found).sum() / (inside | found).sum()),
            "phase": float(torch.stack([(t + 0.5).remainder(1.0).sub(0.5).abs()[inside].median() for t in turns]).max()),
            "share": float((share - truth[3:5]).abs().amax(0)[inside].median())}


def told(figures):
    """What is told of many scenes."""
    of = lambda k: [f[k] for f in figures if k in f]
    return {"overlap": round(float(np.mean(of("overlap"))), 4), "overlap_low": round(float(np.quantile(of("overlap"), 0.1)), 3),
            "phase": round(float(np.median(of("phase"))), 4), "phase_high": round(float(np.quantile(of("phase"), 0.9)), 4),
            "share": round(float(np.median(of("share"))), 4), "false": round(float(np.mean(of("false") or [0])), 4),
            "scenes": len(figures)}


def scenes_of(folder):
    """Scenes to learn from, and every twentieth of them, by name, kept apart: more may come in between."""
    sides = [], []
    for path in sorted(folder.glob("*.npz")):
        sides[zlib.crc32(path.name.encode()) % 20 == 7].append(path)
    return sides


class Scenes(torch.utils.data.IterableDataset):
    """Batches without end; looks for new scenes every now and then."""

    def __init__(self, folder, batch, seed):
        self.folder, self.batch, self.seed = folder, batch, seed

    def __iter__(self):
        cv2.setNumThreads(1)
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        rng, step, paths = np.random.default_rng((self.seed, worker.id if worker else 0)), 0, []
        while True:
            if step % 50 == 0:
                paths, _ = scenes_of(self.folder)
            yield collate([scene(paths[i], rng, True) for i in rng.integers(0, len(paths), self.batch)])
            step += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=0, help="processes that draw scenes")
    add_arguments(parser, batch=8, rate=3e-3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(args.seed)
    run = Run(TrayFinder(), args)
    seed = args.seed * 1_000_003 + run.step
    batches = iter(torch.utils.data.DataLoader(
        Scenes(args.data, args.batch, seed), batch_size=None, num_workers=args.workers))
    while run.going():
        images, targets = (t.to(args.device, non_blocking=True) for t in next(batches))
        total, parts, _ = losses(run.net, images, targets)
        run.learn(total, parts)
        if run.step % 2000 == 0:
            run.report(500, kept_apart=kept_apart(run.smooth.module, scenes_of(args.data)[1][:100]))
        elif run.step % 500 == 0:
            run.report(500)
    run.save()
    run.write({"final": kept_apart(run.smooth.module, scenes_of(args.data)[1][:300]), "seen": run.step * args.batch,
               "seconds": round(run.spent), "seed": args.seed})


if __name__ == "__main__":
    main()
