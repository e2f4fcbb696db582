#!/usr/bin/env bash
# Stores what the models in weights/ find on weights/self_check.jpg, for `bonescan doctor` to compare with. Run it after
# a model has changed and its figures have been looked at. Example: scripts/store_self_check.sh [build/release/bin/bonescan]
set -euo pipefail
cd "$(dirname "$0")/.."
bonescan=${1:-build/release/bin/bonescan}
[[ -x $bonescan ]] || { echo "store_self_check: there is no program $bonescan" >&2; exit 2; }

# doctor fails where what it finds differs from what is stored, which is why this script is run.
{ BONESCAN_WEIGHTS=weights "$bonescan" doctor --json || true; } | python3 -c '
import json, sys
report = json.load(sys.stdin)
silent = [role for role, model in report["models"].items() if not model["found"]]
if silent or not report["models"]:
    sys.exit("\n".join(["store_self_check: not every model found something; nothing is stored", *report["problems"]]))
results = {model["sha256"]: model["found"] for model in report["models"].values()}
with open("weights/self_check.json", "w") as file:
    json.dump({"schema": "bonescan.self_check/1", "results": results}, file, indent=2)
    file.write("\n")
'
