"""The seedling net: a rectified tray in, plant pixels, plant centres and cell states out.

Every cell of the rectified tray is PITCH x PITCH pixels and the block of cells has a margin of half a
pitch, so that pooling over a cell is a plain pooling layer and the cost follows the number of cells.
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F

PITCH = 48
STRIDE = 4
CELL = PITCH // STRIDE  # feature pixels a cell
GREY = 118.0
SCALE = 1.0 / 64.0


def conv(inputs, outputs, stride=1, kernel=3):
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def inside(half_cells):
    """What lies in the block of cells, without the margin of half a pitch around it."""
    return half_cells[:, :, 1:-1, 1:-1]


class Residual(nn.Module):
    """One convolution around an identity."""

    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x):
        return F.relu(x + self.body(x))


class SeedlingNet(nn.Module):
    """Dense outputs and a per-cell head on shared features at stride 4."""

    def __init__(self, fine=24, middle=48, coarse=96, hidden=48):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 16, 2), conv(16, fine, 2), Residual(fine))
        self.to_middle = nn.Sequential(
            conv(fine, middle, 2), Residual(middle), Residual(middle), Residual(middle)
        )
        self.to_coarse = nn.Sequential(
            conv(middle, coarse, 2), Residual(coarse), Residual(coarse), Residual(coarse)
        )
        self.coarse_to_middle = nn.Conv2d(coarse, middle, 1)
        self.middle = Residual(middle)
        self.middle_to_fine = nn.Conv2d(middle, fine, 1)
        self.fine = Residual(fine)
        # 4 classes at stride 2: depth to space by 2
        self.classes = nn.Conv2d(fine, 4 * 4, 1)
        self.centres = nn.Sequential(conv(fine, fine), nn.Conv2d(fine, 3, 1))
        self.cell_features = conv(fine, hidden, 1, 1)
        self.cells = nn.Sequential(
            nn.Conv2d(hidden * 3 + fine * 2 + 1, 64, 1), nn.ReLU(inplace=True), nn.Conv2d(64, 4, 1)
        )
        nn.init.constant_(self.centres[1].bias, 0.0)
        self.scale = SCALE
        self.interleave = nn.PixelShuffle(2)
        with torch.no_grad():
            self.centres[1].bias[0] = -4.0

    def features(self, x):
        fine = self.stem(x)
        middle = self.to_middle(fine)
        coarse = self.to_coarse(middle)
        up = F.interpolate(self.coarse_to_middle(coarse), scale_factor=2.0, mode="nearest")
        middle = self.middle(middle + up)
        up = F.interpolate(self.middle_to_fine(middle), scale_factor=2.0, mode="nearest")
        return self.fine(fine + up)

    def forward(self, tray):
        """tray: N x 3 x (rows+1)*PITCH x (cols+1)*PITCH, RGB 0 to 255.

        Returns logits: classes N x 4 x H/2 x W/2 (background, healthy, chlorotic, necrotic), centres
        N x 3 x H/4 x W/4 (heat, and the way to the plant's root in pitches, x and y), cells
        N x 4 x rows x cols (empty, one, several; weak).
        """
        x = tray - GREY
        if self.scale != 1.0:
            x = x * self.scale
        f = self.features(x)
        classes = self.interleave(self.classes(f))
        rooting = self.centres[0](f)
        centres = self.centres[1](rooting)
        # pooled by half cells first, which engines do on their own blocked layout; a cell is two by two of them, and
        # what is left to cut and to pool is small
        half = CELL // 2
        c = self.cell_features(f)
        most, mean = F.max_pool2d(c, half, half), F.avg_pool2d(c, half, half)
        rooted = F.max_pool2d(rooting, half, half), F.avg_pool2d(rooting, half, half)
        # the heat's mean over a cell grows with the number of its roots: a root adds a twentieth
        heat = F.avg_pool2d(torch.sigmoid(centres[:, :1]) * 16.0, half, half)
        cells = self.cells(
            torch.cat(
                [
                    F.max_pool2d(inside(most), 2, 2),
                    F.avg_pool2d(inside(mean), 2, 2),
                    F.max_pool2d(most, 4, 2),
                    F.max_pool2d(inside(rooted[0]), 2, 2),
                    F.avg_pool2d(inside(rooted[1]), 2, 2),
                    F.avg_pool2d(inside(heat), 2, 2),
                ],
                1,
            )
        )
        return classes, centres, cells


class Interleave(nn.Module):
    """Depth to space by 2 as a transposed convolution by ones: the same numbers, and engines that shuffle pixels by
    permuting six axes take three times as long."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("ones", torch.zeros(channels * 4, channels, 2, 2))
        for k in range(channels * 4):
            self.ones[k, k // 4, k // 2 % 2, k % 2] = 1.0

    def forward(self, x):
        return F.conv_transpose2d(x, self.ones, stride=2)


class Deployed(nn.Module):
    """The net as it ships: heat and cell states as calibrated probabilities, classes as logits (a soft
    maximum over channels at stride 2 costs an engine as much as a convolution). The scale of the input is in the
    first weights: a power of two, so that nothing is rounded otherwise."""

    def __init__(self, net, cell_temperature=1.0, empty_bias=0.0, several_bias=0.0):
        super().__init__()
        self.net = copy.deepcopy(net)
        with torch.no_grad():
            self.net.stem[0][0].weight *= self.net.scale
        self.net.scale = 1.0
        self.net.interleave = Interleave(4)
        self.cell_temperature = cell_temperature
        self.register_buffer("bias", torch.tensor([empty_bias, 0.0, several_bias]).reshape(1, 3, 1, 1))

    def forward(self, tray):
        classes, centres, cells = self.net(tray)
        centres = torch.cat([torch.sigmoid(centres[:, :1]), centres[:, 1:]], 1)
        state = cells[:, :3] / self.cell_temperature + self.bias
        cells = torch.cat([torch.softmax(state, 1), torch.sigmoid(cells[:, 3:])], 1)
        return classes, centres, cells
