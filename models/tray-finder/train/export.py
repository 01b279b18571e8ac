"""Exports a trained tray finder: writes the .onnx and its card, checks parity with PyTorch.

usage: export.py --run DIR --data SCENES --out models/tray-finder --command "…"

The limits in the card's [decision] are set with rendered scenes of the training split (see README.md).
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

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from net import Deployed, TrayFinder
from run import smoothed

# Half-way between chance and the least of 118 rendered trays that were found (0.94; rows 0.88): see README.md.
DECISION = {"least_filled": 0.8, "least_agreement": 0.5, "least_row_agreement": 0.25}


def export(net, path):
    example = torch.rand(1, 3, 96, 128) * 255
    torch.onnx.export(
        net, (example,), str(path), input_names=["frame"], output_names=["block", "phase", "share"],
        dynamic_axes={"frame": {2: "height", 3: "width"},
                      **{name: {2: "h4", 3: "w4"} for name in ("block", "phase", "share")}},
        opset_version=17, dynamo=False)
    onnx.checker.check_model(onnx.load(path))


def parity(net, path):
    session = onnxruntime.InferenceSession(str(path))
    worst = 0.0
    for height, width, seed in ((32, 64, 0), (224, 288, 1), (352, 480, 2)):
        x = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 255
        with torch.no_grad():
            ours = net(x)
        theirs = session.run(None, {"frame": x.numpy()})
        worst = max(worst, *(float(np.abs(a.numpy() - b).max()) for a, b in zip(ours, theirs)))
    assert worst < 1e-3, f"PyTorch and ONNX Runtime differ by {worst}"
    return worst


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def card(digest, args, state, metrics, scenes):
    lines = [f'sha256 = "{digest}"', 'name = "tray-finder"', f'version = {quoted(args.version)}',
             'licence = "MIT OR Apache-2.0"', "", "[input]", 'name = "frame"',
             'shape = [1, 3, "height", "width"]', "range = [0.0, 255.0]", 'layout = "nchw"', ""]
    outputs = [
        ("block", 1, "probability of lying in the tray's block of cells"),
        ("phase", 4, "cosine and sine of the place in the cell along x, and along y, whole turns being pitches"),
        ("share", 2, "place in the block along x and along y, 0 to 1"),
    ]
    for name, channels, meaning in outputs:
        lines += ["[[output]]", f'name = "{name}"', f'shape = [1, {channels}, "height/4", "width/4"]',
                  f'meaning = "{meaning}"', ""]
    lines += ["[training]", f"command = {quoted(args.command)}", f"seed = {state['seed']}",
              f"crops_seen = {state['step'] * state['batch']}", f"seconds = {float(state['spent']):.0f}.0", "",
              "[training.data]", f'scenes = "{scenes}"', "",
              "[decision]", *[f"{k} = {v}" for k, v in DECISION.items()], ""]
    for metric, value in metrics.items():
        if metric != "scenes":
            lines += ["[[metric]]", 'set = "rendered scenes kept apart from training"', f'metric = "{metric}"',
                      f"value = {value}", f"n = {metrics['scenes']}", ""]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--command", required=True)
    parser.add_argument("--version", default="1")
    args = parser.parse_args()
    torch.set_num_threads(1)
    state = torch.load(args.run / "last.pt", weights_only=True, map_location="cpu")
    net = smoothed(TrayFinder(), state)
    metrics = json.loads((args.run / "log.jsonl").read_text().splitlines()[-1])["final"]
    deployed = Deployed(net).eval()
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / "tray-finder.onnx"
    export(deployed, path)
    worst = parity(deployed, path)
    listed = (args.data / "sets.jsonl").read_bytes()
    count = sum(json.loads(line)["samples"] for line in listed.splitlines())
    scenes = f"sets.jsonl sha256:{hashlib.sha256(listed).hexdigest()}, {count} scenes"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (args.out / "card.toml").write_text(card(digest, args, state, metrics, scenes))
    print(json.dumps({"parity": worst, "metrics": metrics}, indent=1))


if __name__ == "__main__":
    main()
