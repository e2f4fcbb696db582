"""What the bone segmenter and its teacher are trained with alike: loss, learning rate, averaged weights."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class WeightAverage:
    """Exponential moving average of parameters and batch-norm statistics; short memory early on."""

    def __init__(self, network: nn.Module, decay: float = 0.995) -> None:
        self.decay = decay
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        keep = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - keep)
            else:
                self.state[name].copy_(value)


def segmentation_loss(logits: Tensor, bone: Tensor, has_bone: Tensor) -> Tensor:
    """Cross-entropy plus Dice on radiographs; on pictures without bone, cross-entropy, its worst pixels counted again."""
    entropy = F.binary_cross_entropy_with_logits(logits, bone, reduction="none").flatten(1)
    probability = logits.sigmoid().flatten(1)
    target = bone.flatten(1)
    dice = 1 - (2 * (probability * target).sum(1) + 1) / (probability.sum(1) + target.sum(1) + 1)
    worst = entropy.topk(max(1, entropy.shape[1] // 50), dim=1).values.mean(1)
    return torch.where(has_bone, entropy.mean(1) + dice, entropy.mean(1) + 0.3 * worst).mean()


def learning_rate_factor(step: int, steps: int) -> float:
    """One cycle: linear warm-up over the first 12 %, cosine to 1 % of the peak."""
    warm_up = max(1, int(0.12 * steps))
    if step < warm_up:
        return 0.05 + 0.95 * step / warm_up
    progress = (step - warm_up) / max(1, steps - warm_up)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress))


def take_step(
    loss: Tensor, network: nn.Module, optimiser: torch.optim.Optimizer, average: WeightAverage, step: int
) -> None:
    """Follows the gradient of the loss, clipped at norm 5, and takes the new weights into the average."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()
    average.update(network, step)
