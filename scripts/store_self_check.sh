#!/usr/bin/env bash
# Stores what the models in weights/ find on weights/self_check.jpg, for `bonescan doctor` to compare with. Run it after
# a model has changed and its figures have been looked at. Example: scripts/store_self_check.sh [build/release/bin/bonescan]
set -euo pipefail
cd "$(dirname "$0")/.."
bonescan=${1:-build/release/bin/bonescan}

{ BONESCAN_WEIGHTS=weights "$bonescan" doctor --json || true; } | python3 -c '
import json, sys
models = json.load(sys.stdin)["models"].values()
results = {model["sha256"]: model["found"] for model in models if model["found"]}
with open("weights/self_check.json", "w") as file:
    json.dump({"schema": "bonescan.self_check/1", "results": results}, file, indent=2)
    file.write("\n")
'
