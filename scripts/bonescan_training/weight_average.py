"""The moving average of a network's weights, which is what is measured and exported."""
from __future__ import annotations

import torch
from torch import nn


class WeightAverage:
    """Exponential moving average of parameters and batch-norm statistics; short memory early on."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state = {name: value.detach().clone() for name, value in network.state_dict().items()}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Takes over the average that a checkpoint holds."""
        for name, value in self.state.items():
            value.copy_(state[name])

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Takes in the network's weights after `step` steps before this one."""
        keep = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1 - keep)
            else:
                self.state[name].copy_(value)
