"""The arithmetic that trains fastest on a device, and gradients that it cannot hold."""
from __future__ import annotations

import torch
from torch import nn

PRECISIONS = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


def bfloat16_is_fast(device: str | torch.device) -> bool:
    """True on CUDA from compute capability 8.0 (Ampere), and on CPUs where PyTorch uses AVX-512.

    Elsewhere bfloat16 convolutions are emulated: on AVX2 a step of VGG16 took 17 times as long as in fp32.
    """
    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return "CPU capability usage: AVX512" in torch.__config__.show()


def fast_precision(device: str | torch.device) -> str:
    """bf16 where it is fast, fp16 on other CUDA devices, else fp32."""
    if bfloat16_is_fast(device):
        return "bf16"
    return "fp16" if torch.device(device).type == "cuda" else "fp32"


def autocast(device: str | torch.device, dtype: torch.dtype) -> torch.autocast:
    """Arithmetic in dtype; float32 is no autocast at all, and PyTorch 1.13 does not even take it by name."""
    enabled = dtype != torch.float32
    return torch.autocast(torch.device(device).type, dtype if enabled else torch.bfloat16, enabled=enabled)


def fast_autocast(device: str | torch.device) -> torch.autocast:
    """bfloat16 where it is fast, else fp32: no loss is scaled here, as fp16 would ask for."""
    return autocast(device, torch.bfloat16 if bfloat16_is_fast(device) else torch.float32)


def gradient_scaler(device: str | torch.device, dtype: torch.dtype) -> torch.cuda.amp.GradScaler:
    """Scales the loss so that small gradients survive fp16; does nothing but for fp16 on CUDA."""
    enabled = dtype == torch.float16 and torch.device(device).type == "cuda"
    if hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler("cuda", enabled=enabled)
    return torch.cuda.amp.GradScaler(enabled=enabled)


def clip_gradients(network: nn.Module, limit: float, scaler: torch.cuda.amp.GradScaler | None = None) -> None:
    """Makes the gradients' norm at most `limit`.

    Raises ValueError where it is not finite, before the optimiser takes that over into all weights; a scaler in use
    leaves such steps out by itself.
    """
    norm = nn.utils.clip_grad_norm_(network.parameters(), limit)
    if not (scaler and scaler.is_enabled()) and not norm.isfinite():
        raise ValueError("the gradient is not finite any more; go on from the last checkpoint with a lower --learning-rate")
