"""The arithmetic that trains fastest on a device."""
from __future__ import annotations

import torch


def bfloat16_is_fast(device: str | torch.device) -> bool:
    """True on CUDA, and on CPUs where PyTorch uses AVX-512.

    Elsewhere bfloat16 convolutions are emulated: on AVX2 a step of VGG16 took 17 times as long as in fp32.
    """
    return torch.device(device).type == "cuda" or "CPU capability usage: AVX512" in torch.__config__.show()


def autocast(device: str | torch.device, dtype: torch.dtype) -> torch.autocast:
    """Arithmetic in dtype; float32 is no autocast at all, and PyTorch 1.13 does not even take it by name."""
    enabled = dtype != torch.float32
    return torch.autocast(torch.device(device).type, dtype if enabled else torch.bfloat16, enabled=enabled)


def fast_autocast(device: str | torch.device) -> torch.autocast:
    """bfloat16 where it is fast, else fp32."""
    return autocast(device, torch.bfloat16 if bfloat16_is_fast(device) else torch.float32)
