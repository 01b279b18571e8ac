"""Makes the 8-bit form of an exported seedling net, and measures both: speed on one thread, held-out accuracy.

usage: quantise.py --net ../seedling.onnx --calibrate CROPS --held-out CROPS --out ../seedling.int8.onnx --card ../card.toml
       quantise.py … --out tried.onnx [--reduced] [--bytes] [--heads]      (measures a variant; no card is touched)

Ranges come of rendered crops alone (models/training/quantisation.py). With `--bytes` the input is 8 bits too: red, green
and blue as they come, the net's own normalisation x - 118 (the scale is in its first weights) being the zero of its first
tensor. `--reduced` keeps weights to 7 bits, which is exact on every CPU and less accurate.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from quantisation import add_arguments, into_card, quantise, session, speed
from train import load

PITCH = 48


def crops_of(folder, count, kind):
    """Evenly spaced crops of a prepared set, one a batch, as the net takes them."""
    images = load(folder, 2000)["images"].numpy()
    chosen = np.linspace(0, len(images) - 1, count).astype(int)
    return [{"tray": tensor(images[i:i + 1], kind)} for i in chosen]


def tensor(images, kind=np.float32):
    return np.ascontiguousarray(np.moveaxis(images, 3, 1)).astype(kind)


def input_kind(net):
    return np.uint8 if net.get_inputs()[0].type == "tensor(uint8)" else np.float32


def with_byte_input(model):
    """The net with 8-bit input, whose normalisation is a DequantizeLinear or a cast in its graph."""
    graph = model.graph
    entry = graph.input[0]
    entry.type.tensor_type.elem_type = TensorProto.UINT8
    constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    constants |= {n.output[0]: numpy_helper.to_array(n.attribute[0].t) for n in graph.node if n.op_type == "Constant"}
    takes = {i: n for n in graph.node for i in n.input}
    shift = takes[entry.name]
    assert shift.op_type == "Sub", "expected the net to begin with its normalisation"
    zero = float(constants[shift.input[1]])
    graph.initializer.append(numpy_helper.from_array(np.array(1.0, np.float32), "tray_scale"))
    graph.initializer.append(numpy_helper.from_array(np.array(zero, np.uint8), "tray_zero"))
    normalised = helper.make_node("DequantizeLinear", [entry.name, "tray_scale", "tray_zero"], [shift.output[0]])
    graph.node.remove(shift)
    graph.node.insert(0, normalised)
    return model


def normalised_in_8_bits(model):
    """Takes out the pair that rounds the first tensor again: its 256 values are the input's own."""
    graph = model.graph
    made = {o: n for n in graph.node for o in n.output}
    for q in [n for n in graph.node if n.op_type == "QuantizeLinear"]:
        source = made.get(q.input[0])
        if source is None or source.op_type != "DequantizeLinear" or source.input[0] != graph.input[0].name:
            continue
        for d in [n for n in graph.node if q.output[0] in n.input]:
            d.input[:] = source.input
        graph.node.remove(q)
        if not any(source.output[0] in n.input for n in graph.node):
            graph.node.remove(source)
    return model


def accuracy(net, folder):
    """Shares of cells read right, as train.py counts them: occupancy, blanks, seedlings; and of doubles."""
    crops = load(folder, 2000)
    images, cells = (crops[n].numpy() for n in ("images", "cells"))
    hits, states = np.zeros((3, 3), int), []
    for i in range(0, len(images), 16):
        each = [net.run(["cells"], {"tray": tensor(images[k:k + 1], input_kind(net))})[0]
                for k in range(i, min(i + 16, len(images)))]
        found = np.concatenate(each)
        truth = cells[i:i + 16]
        known = truth < 254
        np.add.at(hits, (np.minimum(truth[known], 2), found[:, :3].argmax(1)[known]), 1)
        states.append(found[:, 0][known])
    occupied = hits[1:, 1:].sum()
    return {"occupancy": (hits[0, 0] + occupied) / hits.sum(), "blank_recall": hits[0, 0] / hits[0].sum(),
            "seedling_recall": occupied / hits[1:].sum(), "double_recall": hits[2, 2] / hits[2].sum(),
            "cells": int(hits.sum()), "doubles": int(hits[2].sum())}, np.concatenate(states)


def frames(nets, rows, cols):
    """A tray of noise for each net, in the numbers that it takes."""
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, (rows + 1) * PITCH, (cols + 1) * PITCH))
    return [{"tray": pixels.astype(input_kind(n))} for n in nets]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--crops", type=int, default=48)
    parser.add_argument("--reduced", action="store_true", help="weights of 7 bits")
    parser.add_argument("--bytes", action="store_true", help="take 8-bit input")
    args = parser.parse_args()
    crops = crops_of(args.calibrate, args.crops, np.uint8 if args.bytes else np.float32)
    as_asked = with_byte_input if args.bytes else lambda model: model
    quantise(args.net, args.out, crops, 99.999, args.heads, args.reduced, as_asked)
    if args.bytes:
        onnx.save(normalised_in_8_bits(onnx.load(args.out)), args.out)
    nets = [session(args.net), session(args.out)]
    told = {"ms": speed(nets, frames(nets, 10, 20), args.rounds)}
    (told["fp32"], p), (told["int8"], q) = (accuracy(n, args.held_out) for n in nets)
    told["empty_probability"] = {"mean_difference": float(np.abs(p - q).mean()), "largest": float(np.abs(p - q).max())}
    if args.card:
        plain, small = told["fp32"], told["int8"]
        figures = [(m, plain[m], small[m], plain[n]) for m, n in (("occupancy", "cells"), ("double_recall", "doubles"))]
        into_card(args.card, args.out, f"rendered, held-out ({args.held_out.name})", figures)
    print(json.dumps(told, indent=1, default=float))


if __name__ == "__main__":
    main()
