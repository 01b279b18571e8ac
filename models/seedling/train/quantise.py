"""Makes the 8-bit form of an exported seedling net, and measures both: speed on one thread, held-out accuracy.

usage: quantise.py --net ../seedling.onnx --calibrate CROPS --held-out CROPS --out ../seedling.int8.onnx --card ../card.toml
       quantise.py … --out tried.onnx [--reduced] [--bytes] [--heads]      (measures a variant; no card is touched)

Static quantisation: activations of 8 bits a tensor, weights of 8 bits an output channel, both as QuantizeLinear and
DequantizeLinear pairs that ONNX Runtime fuses. CPUs without VNNI add two products in 16 bits that saturate: there the
program runs single precision (`--reduced` keeps weights to 7 bits, which is exact everywhere and less accurate). Ranges
come of rendered crops alone. With `--bytes` the input is 8 bits too: red, green and blue as they come, the net's own
normalisation x - 118 (the scale is in its first weights) being the zero of its first tensor.
"""

import argparse
import hashlib
import json
import re
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from train import load

PITCH = 48


class Crops(CalibrationDataReader):
    """Evenly spaced crops of a prepared set, one a batch, as the net takes them."""

    def __init__(self, folder, count):
        images = load(folder, 2000)["images"].numpy()
        chosen = np.linspace(0, len(images) - 1, count).astype(int)
        self.batches = ({"tray": tensor(images[i:i + 1])} for i in chosen)

    def get_next(self):
        return next(self.batches, None)


def tensor(images, kind=np.float32):
    return np.ascontiguousarray(np.moveaxis(images, 3, 1)).astype(kind)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


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


def quantise(net, out, crops, count, heads, as_bytes, reduced):
    with tempfile.TemporaryDirectory() as scratch:
        ready = Path(scratch) / "ready.onnx"
        quant_pre_process(str(net), str(ready), skip_symbolic_shape=True)
        model = onnx.load(ready)
        reader = Crops(crops, count)
        if as_bytes:
            reader.batches = ({"tray": b["tray"].astype(np.uint8)} for b in reader.batches)
            onnx.save(with_byte_input(model), ready)
        outputs = {o.name for o in model.graph.output}
        # a head's last convolution stays in single precision unless asked otherwise
        last = [n.name for n in model.graph.node if n.op_type == "Conv" and not heads and near_output(model, n, outputs)]
        quantize_static(str(ready), str(out), reader, quant_format=QuantFormat.QDQ, per_channel=True,
                        reduce_range=reduced, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                        calibrate_method=CalibrationMethod.Percentile, extra_options={"CalibPercentile": 99.999},
                        nodes_to_exclude=last,
                        op_types_to_quantize=["Conv", "Add", "MaxPool", "Resize"])
    if as_bytes:
        onnx.save(normalised_in_8_bits(onnx.load(out)), out)
    onnx.checker.check_model(onnx.load(out))


def into_card(card, out, told, held_out):
    """Names the 8-bit file in the net's card, with how good both forms are on the same crops."""
    text = card.read_text()
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    text = re.sub(r'\[eight_bit\]\n(?:.+\n)*\n', "", text)
    text = re.sub(r'\[\[metric\]\]\nset = ".*"\nmetric = "(?:single|eight_bit)_(?:.+\n)*\n?', "", text)
    text = text.replace("[input]\n", f'[eight_bit]\nfile = "{out.name}"\nsha256 = "{digest}"\n\n[input]\n', 1)
    text = text.rstrip("\n") + "\n"
    for form, name in (("fp32", "single"), ("int8", "eight_bit")):
        for metric in ("occupancy", "double_recall"):
            found = told[form]
            n = found["cells"] if metric == "occupancy" else found["doubles"]
            text += (f'\n[[metric]]\nset = "rendered, held-out ({held_out.name})"\nmetric = "{name}_{metric}"\n'
                     f"value = {found[metric]:.4f}\nn = {n}\n")
    card.write_text(text)


def near_output(model, node, outputs):
    """Whether no other convolution comes between this one and an output."""
    reached, names = [node], set()
    while reached:
        names.update(reached.pop().output)
        for n in model.graph.node:
            if names & set(n.input) and not set(n.output) <= names:
                if n.op_type == "Conv":
                    return False
                reached.append(n)
    return bool(names & outputs)


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


def speed(nets, rows, cols, rounds):
    """Milliseconds of CPU a tray of each net, run in turn: medians and the least."""
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, (rows + 1) * PITCH, (cols + 1) * PITCH))
    times = [[] for _ in nets]
    inputs = [pixels.astype(input_kind(n)) for n in nets]
    for round_ in range(rounds + 3):
        for net, x, taken in zip(nets, inputs, times):
            begun = time.thread_time()
            net.run(None, {"tray": x})
            if round_ >= 3:
                taken.append((time.thread_time() - begun) * 1e3)
    return [statistics.median(t) for t in times], [min(t) for t in times]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", type=Path, required=True)
    parser.add_argument("--calibrate", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--crops", type=int, default=48)
    parser.add_argument("--card", type=Path, help="the net's card, which then names the 8-bit file and both forms' figures")
    parser.add_argument("--reduced", action="store_true", help="weights of 7 bits")
    parser.add_argument("--heads", action="store_true", help="quantise the heads' last convolutions as well")
    parser.add_argument("--bytes", action="store_true", help="take 8-bit input")
    parser.add_argument("--rounds", type=int, default=25)
    args = parser.parse_args()
    quantise(args.net, args.out, args.calibrate, args.crops, args.heads, args.bytes, args.reduced)
    nets = [session(args.net), session(args.out)]
    (plain, small), (plain_least, small_least) = speed(nets, 10, 20, args.rounds)
    told = {"ms": {"fp32": plain, "int8": small, "ratio": plain / small, "least_ratio": plain_least / small_least}}
    (told["fp32"], p), (told["int8"], q) = (accuracy(n, args.held_out) for n in nets)
    told["empty_probability"] = {"mean_difference": float(np.abs(p - q).mean()), "largest": float(np.abs(p - q).max())}
    if args.card:
        into_card(args.card, args.out, told, args.held_out)
    print(json.dumps(told, indent=1, default=float))


if __name__ == "__main__":
    main()
