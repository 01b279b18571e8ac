"""The tray finder: a shrunk frame in, where the asked tray's block of cells lies and its lattice's phase out."""

import torch
from torch import nn
from torch.nn import functional as F

STRIDE = 4


def conv(inputs, outputs, stride=1, kernel=3):
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """One convolution around an identity."""

    def __init__(self, width, dilation=1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, dilation, dilation, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x):
        return F.relu(x + self.body(x))


class TrayFinder(nn.Module):
    """Features at strides 4 to 32, summed on the way back up; the coarsest see the whole frame."""

    def __init__(self, widths=(24, 40, 64, 80)):
        super().__init__()
        a, b, c, d = widths
        self.stem = nn.Sequential(conv(3, 16, 2), conv(16, a, 2), Residual(a))
        self.down8 = nn.Sequential(conv(a, b, 2), Residual(b), Residual(b))
        self.down16 = nn.Sequential(conv(b, c, 2), Residual(c), Residual(c))
        self.down32 = nn.Sequential(conv(c, d, 2), Residual(d), Residual(d, 2), Residual(d, 4), Residual(d))
        self.up16, self.at16 = nn.Conv2d(d, c, 1), nn.Sequential(Residual(c), Residual(c))
        self.up8, self.at8 = nn.Conv2d(c, b, 1), nn.Sequential(Residual(b), Residual(b))
        self.up4, self.at4 = nn.Conv2d(b, a, 1), Residual(a)
        self.heads = nn.Sequential(conv(a, 32), nn.Conv2d(32, 7, 1))

    def forward(self, frame):
        """frame: N x 3 x H x W, RGB 0 to 255, H and W multiples of 32.

        Returns N x 7 x H/4 x W/4: block (logit of lying in the block), the lattice's phase (cosine and sine of
        2 pi u, of 2 pi v; u in columns, v in rows from the block's first corner), share (u / columns,
        v / rows, 0 to 1 over the block)."""
        x = (frame - 118.0) * (1.0 / 64.0)
        four = self.stem(x)
        eight = self.down8(four)
        sixteen = self.down16(eight)
        last = self.down32(sixteen)

        def up(t):
            return F.interpolate(t, scale_factor=2.0, mode="nearest")

        sixteen = self.at16(sixteen + up(self.up16(last)))
        eight = self.at8(eight + up(self.up8(sixteen)))
        four = self.at4(four + up(self.up4(eight)))
        return self.heads(four)


class Deployed(nn.Module):
    """The net as it ships: the block as a probability."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, frame):
        out = self.net(frame)
        return torch.sigmoid(out[:, :1]), out[:, 1:5], out[:, 5:7]
