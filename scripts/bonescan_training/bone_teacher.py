"""The bone segmenter's teacher: a VGG16 trunk that knows pictures already, and a small decoder on its feature maps.

The trunk is the fracture detector's, and stays as it is; the decoder adds the maps from coarse to fine (Lin et al.,
"Feature Pyramid Networks for Object Detection", CVPR 2017).  Far too large to ship: it draws masks for radiographs
that nobody has drawn, for SegNet to learn from.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bonescan_training import ssd300
from bonescan_training.precision import fast_autocast
from bonescan_training.segnet import ConvolutionBlock

TEACHER_SIDE = 256
MAP_CHANNELS = (128, 256, 512, 512)  # of conv2_2, conv3_3, conv4_3, conv5_3
DECODER_CHANNELS = (48, 96, 128, 128)


class Trunk(nn.Module):
    """VGG16's convolutions: images [N,3,S,S] in 0..1 to the maps at 1/2, 1/4, 1/8 and 1/16 of their size."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        for number, *shape in ssd300.BLOCKS:
            convolutions = ssd300.vgg_block(*shape)
            prefix = f"block{number}."
            convolutions.load_state_dict({k[len(prefix):]: v for k, v in weights.items() if k.startswith(prefix)})
            self.blocks.append(convolutions)
        self.register_buffer("mean", torch.tensor(ssd300.MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(ssd300.STD).view(1, 3, 1, 1))
        self.requires_grad_(False).to(memory_format=torch.channels_last)

    @torch.no_grad()
    def forward(self, images: Tensor) -> list[Tensor]:
        x = ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        maps = []
        with fast_autocast(images.device):
            for block in self.blocks:
                x = block(x if block is self.blocks[0] else F.max_pool2d(x, 2))
                maps.append(x)
        return maps[1:]


class Decoder(nn.Module):
    """Logits [N,1,S,S] from the trunk's maps; `dropout` blanks whole channels of them in training."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.narrowing = nn.ModuleList()
        self.mixing = nn.ModuleList()
        coarser = DECODER_CHANNELS[-1]
        self.context = nn.Sequential(ConvolutionBlock(MAP_CHANNELS[-1], coarser), ConvolutionBlock(coarser, coarser))
        for channels_in, channels in zip(reversed(MAP_CHANNELS), reversed(DECODER_CHANNELS)):
            narrow = nn.Conv2d(channels_in, channels, 1, bias=False)
            self.narrowing.append(nn.Sequential(narrow, nn.BatchNorm2d(channels), nn.ReLU(inplace=True)))
            self.mixing.append(ConvolutionBlock(channels + coarser, channels))
            coarser = channels
        self.head = nn.Conv2d(coarser, 1, 3, padding=1)
        nn.init.constant_(self.head.bias, -2.0)

    def forward(self, maps: list[Tensor]) -> Tensor:
        maps = [self.dropout(x) for x in maps]
        x = self.context(F.max_pool2d(maps[-1], 2))
        for seen, narrow, mix in zip(reversed(maps), self.narrowing, self.mixing):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = mix(torch.cat([narrow(seen), x], dim=1))
        return F.interpolate(self.head(x).float(), scale_factor=2.0, mode="bilinear", align_corners=False)


@torch.no_grad()
def bone_probability(trunk: Trunk, decoder: Decoder, images: Tensor) -> Tensor:
    """Probability of bone [N,1,S,S] of images [N,3,S,S] in 0..1."""
    with fast_autocast(images.device):
        return decoder(trunk(images)).float().sigmoid()
