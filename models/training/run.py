"""What the training of every net shares: the schedule, the smoothed weights, checkpoints, the log.

A run's folder holds `last.pt` (resumed from when there) and `log.jsonl`.
"""

import json
import math
import time
from pathlib import Path

import torch
from torch import nn


def add_arguments(parser, batch, rate):
    parser.add_argument("--out", type=Path, required=True, help="the run's folder")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--init", type=Path, help="weights to start from: another run's last.pt, or a net's .onnx")


class Run:
    """A net in training; the learning rate falls along half a cosine over the run's minutes."""

    def __init__(self, net, args):
        self.args, self.net = args, net.to(args.device, memory_format=torch.channels_last)
        if args.init:
            start_from(self.net, args.init)
        self.smooth = torch.optim.swa_utils.AveragedModel(
            self.net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998), use_buffers=True)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=args.rate, weight_decay=1e-3)
        args.out.mkdir(parents=True, exist_ok=True)
        self.last, self.step, spent = args.out / "last.pt", 0, 0.0
        if self.last.exists():
            state = torch.load(self.last, weights_only=True, map_location=args.device)
            self.net.load_state_dict(state["net"])
            self.smooth.load_state_dict(state["smooth"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, spent = state["step"], state["spent"]
        self.begun, self.saved = time.time() - spent, time.time()
        self.log, self.sums = open(args.out / "log.jsonl", "a"), {}

    @property
    def spent(self):
        return time.time() - self.begun

    def going(self):
        """Sets the rate of the next step; False when the minutes are over."""
        share = self.spent / (self.args.minutes * 60)
        rate = self.args.rate * min(1, (self.step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * min(1, share))) + 1e-6
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return share < 1

    def learn(self, loss, parts):
        """One step down; `parts` are summed for the next report without waiting for the device."""
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        self.smooth.update_parameters(self.net)
        self.step += 1
        for name, part in parts.items():
            self.sums[name] = self.sums.get(name, 0.0) + part.detach()
        if time.time() - self.saved > 60:
            self.save()

    def report(self, since, **more):
        """A line of the log: the means of the losses over the last `since` steps, and what else is told."""
        means = {name: round(float(part) / since, 4) for name, part in self.sums.items()}
        self.write({"step": self.step, "seen": self.step * self.args.batch, "seconds": round(self.spent), **means, **more})
        self.sums = {}

    def write(self, line):
        print(json.dumps(line), flush=True)
        self.log.write(json.dumps(line) + "\n")
        self.log.flush()

    def save(self):
        part = self.last.with_suffix(".part")
        torch.save({"net": self.net.state_dict(), "smooth": self.smooth.state_dict(),
                    "optimiser": self.optimiser.state_dict(), "step": self.step, "spent": self.spent,
                    "batch": self.args.batch, "seed": self.args.seed}, part)
        part.replace(self.last)
        self.saved = time.time()


def smoothed(net, state):
    """The net with a checkpoint's smoothed weights, ready to be exported."""
    net.load_state_dict({k.removeprefix("module."): v for k, v in state["smooth"].items() if k != "n_averaged"})
    return net.eval()


def start_from(net, path):
    if path.suffix != ".onnx":
        smoothed(net, torch.load(path, weights_only=True, map_location="cpu")).train()
        return
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    stored = {i.name: torch.from_numpy(numpy_helper.to_array(i).copy()) for i in graph.initializer}
    nodes = [n for n in graph.node if n.op_type == "Conv"]
    # An exported net has its normalisations folded into the convolutions, in the order in which they run.
    convolutions, norms = [], {}
    for parent in net.modules():
        children = list(parent.children()) if isinstance(parent, nn.Sequential) else []
        norms.update({a: b for a, b in zip(children, children[1:]) if isinstance(b, nn.BatchNorm2d)})
    hooks = [m.register_forward_hook(lambda m, *_: convolutions.append(m)) for m in net.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, 96, 96, device=next(net.parameters()).device))
        for hook in hooks:
            hook.remove()
        assert len(nodes) == len(convolutions), f"{path} has {len(nodes)} convolutions: expected {len(convolutions)}"
        for node, convolution in zip(nodes, convolutions):
            convolution.weight.copy_(stored[node.input[1]])
            if norm := norms.get(convolution):
                norm.bias.copy_(stored[node.input[2]])
                norm.running_var.fill_(1 - norm.eps)
            else:
                convolution.bias.copy_(stored[node.input[2]])
    net.train()
