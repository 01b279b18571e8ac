"""Exports a trained seedling net: calibrates it on held-out crops, writes the .onnx and its card, checks parity.

usage: export.py --run DIR[:SHARE][,DIR[:SHARE]…] --held-out CROPS --data CROPS --out models/seedling --command "…"

Of several runs, each started from the one before, the smoothed weights are averaged, each as often as its share says.

The calibration (one temperature, one bias each of the empty and the several state) is fitted on rendered trays of families,
substrates and trays that never trained; no other set is looked at.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from net import PITCH, Deployed, SeedlingNet
from run import smoothed
from train import cell_logits, load


def fit(logits, truths):
    """Temperature and biases of the empty and the several state that make the states likeliest."""
    log_t, empty, several = (torch.zeros(1, requires_grad=True) for _ in range(3))
    optimiser = torch.optim.LBFGS([log_t, empty, several], max_iter=200, line_search_fn="strong_wolfe")

    def shifted():
        return logits / log_t.exp() + torch.cat([empty, torch.zeros(1), several])

    def closure():
        optimiser.zero_grad()
        loss = F.cross_entropy(shifted(), truths)
        loss.backward()
        return loss

    optimiser.step(closure)
    return float(log_t.exp()), float(empty), float(several), shifted().detach()


def wilson(hits, n):
    p, z = hits / n, 1.96
    middle, spread = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [(middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)]


def figures(logits, truths, name):
    guess = logits.argmax(1)
    blank, seedling, double = truths == 0, truths > 0, truths == 2
    pairs = [("occupancy_accuracy", ((guess > 0) == seedling)),
             ("no_seedling_recall", guess[blank] == 0), ("seedling_recall", guess[seedling] > 0),
             ("double_recall", guess[double] == 2)]
    for metric, right in pairs:
        n, hits = len(right), int(right.sum())
        if n:
            low, high = wilson(hits, n)
            yield {"set": name, "metric": metric, "value": round(hits / n, 4), "n": n,
                   "ci95": [round(max(low, 0.0), 4), round(min(high, 1.0), 4)]}


def reliability(logits, truths, name):
    """The share of occupied cells among those that were given a probability, by tenths of it."""
    occupied = (1 - logits.softmax(1)[:, 0]).numpy()
    truth = (truths > 0).numpy()
    tenth = np.minimum((occupied * 10).astype(int), 9)
    gap = 0.0
    for k in range(10):
        here = tenth == k
        n = int(here.sum())
        if n:
            hits = int(truth[here].sum())
            gap += abs(hits - float(occupied[here].sum())) / len(truth)
            low, high = wilson(hits, n)
            yield {"set": name, "metric": f"occupied_where_probability_{k / 10:.1f}_to_{(k + 1) / 10:.1f}",
                   "value": round(hits / n, 4), "n": n,
                   "ci95": [round(max(low, 0.0), 4), round(min(high, 1.0), 4)]}
    yield {"set": name, "metric": "expected_calibration_error", "value": round(gap, 4), "n": len(truth)}


def export(net, path):
    example = torch.rand(1, 3, 5 * PITCH, 7 * PITCH) * 255
    torch.onnx.export(
        net, (example,), str(path), input_names=["tray"], output_names=["classes", "centres", "cells"],
        dynamic_axes={"tray": {2: "height", 3: "width"}, "classes": {2: "h2", 3: "w2"},
                      "centres": {2: "h4", 3: "w4"}, "cells": {2: "rows", 3: "cols"}},
        opset_version=17, dynamo=False)
    onnx.checker.check_model(onnx.load(path))


def parity(net, path):
    session = onnxruntime.InferenceSession(str(path))
    worst = 0.0
    for rows, cols, seed in ((1, 1, 0), (4, 5, 1), (10, 20, 2)):
        x = torch.rand(1, 3, (rows + 1) * PITCH, (cols + 1) * PITCH,
                       generator=torch.Generator().manual_seed(seed)) * 255
        with torch.no_grad():
            ours = net(x)
        theirs = session.run(None, {"tray": x.numpy()})
        assert theirs[2].shape[2:] == (rows, cols)
        worst = max(worst, *(float(np.abs(a.numpy() - b).max()) for a, b in zip(ours, theirs)))
    assert worst < 1e-3, f"PyTorch and ONNX Runtime differ by {worst}"
    return worst


def averaged(states, shares):
    """One state of several runs: the weighted mean of their smoothed weights, the sum of what they saw."""
    total = sum(shares)
    mean = {k: sum(s["smooth"][k].double() * (share / total) for s, share in zip(states, shares)).to(v.dtype)
            for k, v in states[0]["smooth"].items()}
    return {"smooth": mean, "seed": states[0]["seed"], "spent": sum(s["spent"] for s in states),
            "seen": sum(s["step"] * s["batch"] for s in states)}


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def card(digest, args, state, calibration, metrics, data):
    lines = [f'sha256 = "{digest}"', 'name = "seedling"', f'version = {quoted(args.version)}',
             'licence = "MIT OR Apache-2.0"', "", "[input]", 'name = "tray"',
             'shape = [1, 3, "height", "width"]', "range = [0.0, 255.0]", 'layout = "nchw"',
             f"px_per_pitch = {PITCH}", ""]
    outputs = [
        ("classes", '[1, 4, "height/2", "width/2"]', "logits of background, healthy, chlorotic, necrotic plant"),
        ("centres", '[1, 3, "height/4", "width/4"]',
         "heat of plant roots 0 to 1; the way to the pixel's root along the columns and along the rows, pitches"),
        ("cells", f'[1, 4, "height/{PITCH}-1", "width/{PITCH}-1"]',
         "probabilities of an empty cell, one plant, several plants (they sum to 1); of a weak plant"),
    ]
    for name, shape, meaning in outputs:
        lines += ["[[output]]", f'name = "{name}"', f"shape = {shape}", f'meaning = "{meaning}"', ""]
    lines += ["[training]", f"command = {quoted(args.command)}", f"seed = {state['seed']}",
              f"crops_seen = {state['seen']}", f"seconds = {float(state['spent']):.0f}.0", "",
              "[training.data]", *[f"{quoted(k)} = {quoted(v)}" for k, v in data.items()], "",
              "[calibration]", *[f"{k} = {v:.4f}" for k, v in calibration.items()], "",
              "[decision]", "pixel = 0.5", "root = 0.3", "reach_pitch = 0.45", "least_area_pitch2 = 0.002",
              # no held-out crop has more canopy: nothing is known of such trays
              "most_cover = 0.8", ""]
    for m in metrics:
        lines += ["[[metric]]", *[f"{k} = {json.dumps(v)}" for k, v in m.items()], ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--command", required=True)
    parser.add_argument("--version", default="1")
    args = parser.parse_args()
    runs = [run.partition(":") for run in args.run.split(",")]
    state = averaged([torch.load(Path(run) / "last.pt", weights_only=True, map_location="cpu") for run, _, _ in runs],
                     [float(share or 1) for _, _, share in runs])
    net = smoothed(SeedlingNet(), state)
    logits, truths = cell_logits(net, load(args.held_out, 4000), "cpu")
    temperature, empty, several, calibrated = fit(logits, truths)
    name = f"rendered, held-out ({args.held_out.name})"
    metrics = [*figures(calibrated, truths, name), *reliability(calibrated, truths, name)]
    deployed = Deployed(net, temperature, empty, several).eval()
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "seedling.onnx"
    export(deployed, path)
    worst = parity(deployed, path)
    data = {}
    for folder in (args.data, args.held_out):
        listed = (folder / "sets.jsonl").read_bytes()
        count = sum(json.loads(line)["samples"] for line in listed.splitlines())
        data[folder.name] = f"sets.jsonl sha256:{hashlib.sha256(listed).hexdigest()}, {count} crops"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    text = card(digest, args, state, {"cell_temperature": temperature, "empty_bias": empty, "several_bias": several}, metrics, data)
    (args.out / "card.toml").write_text(text)
    print(json.dumps({"temperature": temperature, "empty": empty, "several": several, "parity": worst, "metrics": metrics}, indent=1))


if __name__ == "__main__":
    main()
