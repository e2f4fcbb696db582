"""What the bone segmenter and its teacher are trained with alike: loss, learning rate, steps, checkpoints, figures."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bonescan_training import training_log
from bonescan_training.bone_masks import Radiograph, stretch
from bonescan_training.precision import clip_gradients
from bonescan_training.weight_average import WeightAverage


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


@dataclass
class Training:
    """What a training holds while it goes on, and what its checkpoint keeps."""

    network: nn.Module
    average: WeightAverage
    optimiser: torch.optim.Optimizer
    step: int = 0
    losses: list[float] = field(default_factory=list)  # since the last line of the log
    seconds_before: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Time trained, over all runs together."""
        return self.seconds_before + time.monotonic() - self.started

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "network": self.network.state_dict(), "average": self.average.state,
            "optimiser": self.optimiser.state_dict(), "step": self.step, "losses": self.losses,
            "seconds": self.seconds(),
        }

    def go_on_from(self, saved: dict[str, Any]) -> None:
        """Takes over what state() gave; older checkpoints hold neither losses nor seconds."""
        self.network.load_state_dict(saved["network"])
        self.average.load(saved["average"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.step, self.losses = saved["step"], saved.get("losses", [])
        self.seconds_before = saved.get("seconds", 0.0)

    def take_step(self, loss: Tensor, learning_rate: float) -> None:
        """Follows the gradient of the loss, clipped at norm 5, and takes the new weights into the average."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        clip_gradients(self.network, 5.0)
        self.optimiser.step()
        self.average.update(self.network, self.step)
        self.losses.append(loss.item())
        self.step += 1

    def write_row(self, log: Path, figures: dict[str, float]) -> None:
        """A line of the log: step, mean loss since the last line, seconds, and figures."""
        row = {"step": self.step, "loss": round(float(np.mean(self.losses)), 4), "seconds": round(self.seconds())}
        row |= {name: round(value, 4) for name, value in figures.items()}
        print(json.dumps(row), flush=True)
        training_log.append_row(log, row)
        self.losses = []


def held_out_iou(draw: Callable[[np.ndarray], np.ndarray], held_out: Sequence[Radiograph]) -> float:
    """Mean IoU of bone masks: `draw` makes one, boolean and of any side, of a grey radiograph [S,S] uint8."""
    scores = []
    for radiograph in held_out:
        predicted = draw(radiograph.grey)
        truth = stretch(radiograph.bone, len(predicted)) > 127
        scores.append((predicted & truth).sum() / max(1, (predicted | truth).sum()))
    return float(np.mean(scores))
