"""Free-response ROC curves as a PNG."""
from __future__ import annotations

from pathlib import Path

from bonescan_training.detection_metrics import Matches, froc

RATES = (0.125, 0.25, 0.5, 1, 2, 4, 8)


def draw_froc(curves: dict[str, Matches], path: Path) -> None:
    """Sensitivity over false positives an image (logarithmic, 1/8 to 8), one curve for each named set of images."""
    import matplotlib  # here, since whoever draws no curve can do without it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    for name, matches in curves.items():
        axes.step(*froc(matches), where="post", label=name)
    axes.set(
        title="Fractures found (IoU 0.5)", xlabel="false positives an image", ylabel="sensitivity",
        xscale="log", xlim=(RATES[0], RATES[-1]), ylim=(0, 1), xticks=RATES,
    )
    axes.set_xticklabels(f"{rate:g}" for rate in RATES)
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
