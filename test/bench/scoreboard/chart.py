"""What the charts of these pages have in common."""

from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams |= {"svg.hashsalt": "voxpop", "svg.fonttype": "none", "font.family": "sans-serif"}
from matplotlib import pyplot  # noqa: E402 (after the choice of what draws)
from matplotlib.axes import Axes  # noqa: E402

OURS, OTHERS = "#0b6e4f", "#888888"


def begin(x: str, y: str) -> Axes:
    """Axes with a logarithmic x, and what is written at both."""
    _, axes = pyplot.subplots(figsize=(7, 4))
    axes.set_xscale("log")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def point(axes: Axes, name: str, x: float, y: float, ours: bool, at: tuple[int, int] = (7, 5), marker: str = "o") -> None:
    axes.scatter(x, y, s=60, color=OURS if ours else OTHERS, marker=marker, zorder=3)
    axes.annotate(name, (x, y), textcoords="offset points", xytext=at, weight="bold" if ours else "normal")


def save(axes: Axes, path: Path) -> None:
    """On white, so that it can be read on a dark page too; the same bytes every time."""
    axes.figure.tight_layout()
    axes.figure.savefig(path, metadata={"Date": None, "Creator": None})
