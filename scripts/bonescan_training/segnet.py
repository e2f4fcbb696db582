"""SegNet: an encoder-decoder that upsamples with the encoder's own pooling indices.

Badrinarayanan, Kendall, Cipolla: "SegNet: A Deep Convolutional Encoder-Decoder Architecture for
Image Segmentation", IEEE TPAMI 39(12), 2017.  The encoder has VGG16's thirteen convolutions
(2, 2, 3, 3, 3), each followed by batch normalisation and ReLU; the decoder mirrors it.
"""

from __future__ import annotations

import functools
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

CONVOLUTIONS_PER_STAGE = (2, 2, 3, 3, 3)
CHANNEL_FACTORS = (1, 2, 4, 8, 8)


class ConvolutionBlock(nn.Sequential):
    """3x3 convolution, batch normalisation, ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            OrderedDict(
                convolution=nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
                normalisation=nn.BatchNorm2d(channels_out),
                activation=nn.ReLU(inplace=True),
            )
        )


def unpool(features: Tensor, indices: Tensor) -> Tensor:
    """Put `features` [N,C,H,W] back where 2x2 max-pooling took them from: [N,C,2H,2W], zero elsewhere.

    Max-unpooling has no bfloat16 kernel, so under autocast it runs in float32.
    """
    if torch.jit.is_scripting():
        return F.max_unpool2d(features, indices, [2, 2], [2, 2])
    with torch.autocast(features.device.type, enabled=False):
        return F.max_unpool2d(features.float(), indices, 2, 2)


class SegNet(nn.Module):
    """One-logit SegNet: [N,3,H,W] to [N,1,H,W]; H and W are multiples of 32.

    `width` is the number of channels of the first stage (64 in the paper).  While training, `forward_all`
    also returns logits of the coarser decoder stages, for deep supervision; they are not exported.
    """

    def __init__(self, width: int = 64, channels_in: int = 3) -> None:
        super().__init__()
        self.width = width
        channels = [width * factor for factor in CHANNEL_FACTORS]
        self.encoder = nn.ModuleList()
        self.decoder = nn.ModuleList()
        previous = channels_in
        for count, channel in zip(CONVOLUTIONS_PER_STAGE, channels):
            blocks = [ConvolutionBlock(previous if i == 0 else channel, channel) for i in range(count)]
            self.encoder.append(nn.Sequential(*blocks))
            previous = channel
        for stage in reversed(range(len(channels))):
            count, channel = CONVOLUTIONS_PER_STAGE[stage], channels[stage]
            following = channels[stage - 1] if stage > 0 else channel
            blocks = [ConvolutionBlock(channel, channel if i < count - 1 else following) for i in range(count)]
            # The very last convolution of the decoder is the head.
            self.decoder.append(nn.Sequential(*(blocks if stage > 0 else blocks[:-1])))
        self.head = nn.Conv2d(channels[0], 1, 3, padding=1)
        # Decoder stages 2, 3 and 4 of 5: logits at 1/8, 1/4 and 1/2 of the input.
        self.auxiliary_heads = nn.ModuleList(nn.Conv2d(channels[stage], 1, 1) for stage in (2, 1, 0))
        self.initialise()

    def initialise(self) -> None:
        """He initialisation; the heads start near a probability of 0.12, the share of bone in a radiograph."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        for head in [self.head, *self.auxiliary_heads]:
            nn.init.normal_(head.weight, std=0.01)
            nn.init.constant_(head.bias, -2.0)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N,1,H,W] of `images` [N,3,H,W]."""
        return self.head(self.decoded(images)[-1])

    def forward_all(self, images: Tensor) -> list[Tensor]:
        """Logits at full size, then those of the decoder stages at 1/8, 1/4 and 1/2 of it."""
        stages = self.decoded(images)
        return [self.head(stages[-1]), *(head(features) for head, features in zip(self.auxiliary_heads, stages[1:4]))]

    def decoded(self, images: Tensor) -> list[Tensor]:
        """Features behind each decoder stage, at 1/16, 1/8, 1/4, 1/2 and the whole of the input's size."""
        indices: list[Tensor] = []
        features = images
        for stage in self.encoder:
            features, index = F.max_pool2d_with_indices(stage(features), [2, 2], [2, 2])
            indices.append(index)
        stages: list[Tensor] = []
        for stage in self.decoder:
            features = stage(unpool(features, indices.pop()))
            stages.append(features)
        return stages


@torch.no_grad()
def training_state(folded: dict[str, Tensor], width: int, images: Tensor) -> dict[str, Tensor]:
    """The state from which an exported network, with weights `folded`, trains on: inference_network turned round.

    Each normalisation gets the statistics of `images` [N,3,H,W] and the weights that undo it; the auxiliary heads begin
    anew.
    """
    network = SegNet(width).eval()
    network.head.load_state_dict({name: folded[f"head.{name}"] for name in ("weight", "bias")})

    def undo(normalisation: nn.BatchNorm2d, inputs: tuple[Tensor], bias: Tensor) -> None:
        """Turns a normalisation into an identity plus `bias`, as its inputs come along."""
        variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3), unbiased=False)
        normalisation.running_mean.copy_(mean)
        normalisation.running_var.copy_(variance)
        normalisation.weight.copy_((variance + normalisation.eps).sqrt())
        normalisation.bias.copy_(mean + bias)

    hooks = []
    for name, block in network.named_modules():
        if isinstance(block, ConvolutionBlock):
            block.convolution.weight.copy_(folded[f"{name}.convolution.weight"])
            undo_with_bias = functools.partial(undo, bias=folded[f"{name}.convolution.bias"])
            hooks.append(block.normalisation.register_forward_pre_hook(undo_with_bias))
    network(images)
    for hook in hooks:
        hook.remove()
    return network.state_dict()


def width_of(state: dict[str, Tensor]) -> int:
    """The width of the network that `state` belongs to, folded or not."""
    return len(state["encoder.0.0.convolution.weight"])


def widened(state: dict[str, Tensor], width: int) -> dict[str, Tensor]:
    """The state of a SegNet that is wider, or as wide, and computes what the network of `state` does.

    As Chen et al., "Net2Net", ICLR 2016: every new channel repeats an old one, the same one in all layers of a stage,
    since unpooling goes by the encoder's indices; what reads a repeated channel shares its weight out among the copies
    at random, so that these learn to differ.
    """
    wide = {}
    for name, target in SegNet(width).state_dict().items():
        values = state[name]
        if values.ndim > 0:
            values = values[torch.arange(len(target)) % len(values)]
        if values.ndim > 1:
            inputs = values.shape[1]
            sources = torch.arange(target.shape[1]) % inputs
            shares = 1 - torch.rand(target.shape[:2])  # above 0, so that one copy alone has the whole
            shares /= torch.zeros(len(target), inputs).index_add(1, sources, shares)[:, sources]
            values = values[:, sources] * shares[:, :, None, None]
        wide[name] = values.clone()
    return wide


def inference_network(state: dict[str, Tensor], width: int) -> SegNet:
    """The network of a checkpoint for inference: batch normalisation folded into the convolutions, no auxiliary heads."""
    network = SegNet(width)
    network.load_state_dict(state)
    network.eval()
    for block in [block for stage in [*network.encoder, *network.decoder] for block in stage]:
        block.convolution = fuse_conv_bn_eval(block.convolution, block.normalisation)
        block.normalisation = nn.Identity()
    network.auxiliary_heads = nn.ModuleList()
    return network.requires_grad_(False)
