"""The weights that a shorter net starts from: those of version 6, less the residuals that it can spare.

usage: shorten.py --net seedling.onnx --out RUN     (then train.py --init RUN/last.pt)

Which: the one at stride 4, the third at stride 8 and the second at stride 16; left out one by one these cost least of their
stride without further training (README.md has the figures).
"""

import argparse
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from net import SeedlingNet
from run import start_from

LONG = (1, 3, 3)
# module of the shorter net: the longer one's
KEPT = {"to_coarse.2": "to_coarse.3"}


def shortened(long):
    """The shorter net with the weights that it has in common with the longer one."""
    short, weights = SeedlingNet(), long.state_dict()
    kept = {}
    for name in short.state_dict():
        module = next((m for m in KEPT if name.startswith(f"{m}.")), None)
        kept[name] = weights[name.replace(module, KEPT[module], 1) if module else name]
    short.load_state_dict(kept)
    return short


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    long = SeedlingNet(residuals=LONG)
    start_from(long, args.net)
    with torch.no_grad():
        long.stem[0][0].weight /= long.scale  # the shipped graph has the input's scale in its first weights
    args.out.mkdir(parents=True, exist_ok=True)
    torch.save({"smooth": shortened(long).state_dict()}, args.out / "last.pt")


if __name__ == "__main__":
    main()
