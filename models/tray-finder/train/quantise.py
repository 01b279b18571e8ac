"""Makes the 8-bit form of an exported tray finder, and measures both: speed on one thread, error on held-out scenes.

usage: quantise.py --net ../tray-finder.onnx --calibrate SCENES --held-out SCENES --out ../tray-finder.int8.onnx \\
                   --card ../card.toml
       quantise.py … --out tried.onnx [--percentile P] [--heads]      (measures a variant; no card is touched)

Ranges come of rendered scenes alone, of the commonest size among them: the quantiser takes tensors of one shape.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from quantisation import add_arguments, into_card, quantise, session, speed
from train import collate, figures_of, scene, told


def frames_of(folder):
    """Every scene of a prepared set as the net sees it, and its truth."""
    rng = np.random.default_rng(0)
    for path in sorted(folder.glob("*.npz")):
        frame, truth = collate([scene(path, rng, False)])
        yield frame.numpy(), truth[0]


def commonest(folder, count):
    """So many scenes of the size that most of them have, evenly drawn."""
    by_size = {}
    for frame, _ in frames_of(folder):
        by_size.setdefault(frame.shape, []).append(frame)
    frames = max(by_size.values(), key=len)
    return [{"frame": frames[i]} for i in np.linspace(0, len(frames) - 1, min(count, len(frames))).astype(int)]


def errors(net, folder):
    """The figures of train.py: the block's overlap, phase and share."""
    figures = []
    for frame, truth in frames_of(folder):
        block, phase, share = (torch.from_numpy(o[0]) for o in net.run(["block", "phase", "share"], {"frame": frame}))
        figures.append(figures_of(block[0] > 0.5, phase, share, truth))
    return told(figures)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--scenes", type=int, default=48)
    parser.add_argument("--percentile", type=float, default=99.999, help="share of values that a range holds, per cent")
    args = parser.parse_args()
    onnxruntime.set_default_logger_severity(3)
    quantise(args.net, args.out, commonest(args.calibrate, args.scenes), args.percentile, args.heads)
    nets = [session(args.net), session(args.out)]
    noise = np.random.default_rng(0).integers(0, 256, (1, 3, 352, 480)).astype(np.float32)
    plain, small = (errors(n, args.held_out) for n in nets)
    print(json.dumps({"ms": speed(nets, 2 * [{"frame": noise}], args.rounds), "fp32": plain, "int8": small}, indent=1))
    if args.card:
        figures = [(m, plain[m], small[m], plain["scenes"]) for m in ("overlap", "phase", "phase_high", "share")]
        into_card(args.card, args.out, f"rendered scenes, held-out ({args.held_out.name})", figures)


if __name__ == "__main__":
    main()
