"""`npm run bench:study`: what depth, teaching and int8 bring, as docs/study.md tells it.

study_page.py --work WORK --data DATA [--price-per-gpu-hour 2.5] [--write] [--as-measured]

Trains and measures what WORK lacks (models/training/study.py), which takes minutes on a GPU and more than a day on two cores; `--as-measured` takes the
figures of models/training/study.json instead. `--write` puts the tables into docs/study.md, and the chart beside it.
"""

import argparse
import json
import os
from pathlib import Path

import study
from settings import load, tiers

import chart
from run import ROOT, prepare, write
from sets import RECIPE

PAGE, CHART, FIGURES = ROOT / "docs/study.md", ROOT / "docs/study.svg", RECIPE / "study.json"
PAPER = {"paper, 15.61x": (15.61, 2.60), "paper, 3.29x": (3.29, 1.71)}
WRITTEN_AT = {
    "voxpop-mini": (8, -4),
    "voxpop-micro": (-20, 9),
    "paper, 3.29x": (9, -4),
    "paper, 15.61x": (-30, -16),
}  # beside its point, in points
TAUGHT, LABELS, FELT = "taught-", "labels-", "quantised-"


def line_of(found: dict, prefix: str, kind: str) -> list[tuple[float, float]]:
    """(speed-up, degradation in %) of the points of one kind, the slowest first."""
    points = [point[kind] for name, point in found["points"].items() if name.startswith(prefix) and kind in point]
    return sorted((each["speed_up"], each["degradation_percent"]["mean"]) for each in points)


def draw(path: Path, found: dict) -> None:
    axes = chart.begin("times the speed of the twelve layers in fp32, one core", "lost to the teacher, % of macro-F1")
    lines = (
        (TAUGHT, "int8", chart.OURS, "-", "taught, int8"),
        (TAUGHT, "fp32", chart.OURS, ":", "taught, fp32"),
        (LABELS, "fp32", chart.OTHERS, "--", "labels alone, fp32"),
    )
    for prefix, kind, colour, style, title in lines:
        axes.plot(*zip(*line_of(found, prefix, kind), strict=True), color=colour, linestyle=style, marker=".", label=title)
    for name in found["points"]:
        if name.startswith("voxpop"):
            each = found["points"][name]["int8"]
            chart.point(axes, name, each["speed_up"], each["degradation_percent"]["mean"], True, WRITTEN_AT[name], "*")
    for name, (speed_up, lost) in PAPER.items():
        chart.point(axes, name, speed_up, lost, False, WRITTEN_AT[name], "D")
    axes.axhline(0, color=chart.OTHERS, linewidth=0.5)
    axes.set_xticks([1, 2, 3, 5, 10, 15, 20], ["1", "2", "3", "5", "10", "15", "20"])
    axes.minorticks_off()
    axes.margins(x=0.12, y=0.1)
    axes.legend(frameon=False, loc="upper left")
    chart.save(axes, path)


def short(value: float) -> str:
    return f"{value:.3f}".lstrip("0")


def title(name: str) -> str:
    return f"{name.removeprefix(TAUGHT)} layers" if name.startswith(TAUGHT) else name


def lost(each: dict) -> str:
    return f"{each['degradation_percent']['mean']:.1f}%"


def depths(found: dict) -> str:
    """A line for each depth, and the bundles' own models."""
    lines = ["| | int8, MB | speed-up | macro-F1 | lost | in fp32 | lost | labels alone | lost |", "| --- |" + " ---: |" * 8]
    for name, point in found["points"].items():
        if not name.startswith((TAUGHT, "voxpop")):
            continue
        other = found["points"].get(name.replace(TAUGHT, LABELS), {}).get("fp32") if name.startswith(TAUGHT) else None
        cells = [f"{point['int8']['bytes'] / 1e6:.1f}", f"{point['int8']['speed_up']:.2f}"]
        for each in (point["int8"], point["fp32"], other):
            cells += [short(each["dev"]["mean"]), lost(each)] if each else ["", ""]
        lines.append(f"| {title(name)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def unseen(found: dict) -> str:
    """Means over the sources that were kept out of training, in fp32."""
    tasks = list(found["teacher"]["unseen"])
    lines = ["| | " + " | ".join(f"{task} | labels alone" for task in tasks) + " |", "| --- |" + " ---: |" * 2 * len(tasks)]
    rows = {"teacher": found["teacher"]} | {name: point["fp32"] for name, point in found["points"].items()}
    for name, each in rows.items():
        if not name.startswith((TAUGHT, "voxpop", "teacher")):
            continue
        other = rows.get(name.replace(TAUGHT, LABELS), {}) if name.startswith(TAUGHT) else {}
        cells = [short(of["unseen"][task]) if of else "" for task in tasks for of in (each, other)]
        lines.append(f"| {title(name)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def speeds(found: dict) -> str:
    speed = found["speed"]
    lines = ["| layers x feed-forward | fp32, tokens/s | int8, tokens/s | int8 over fp32 |", "| --- | ---: | ---: | ---: |"]
    for name, rates in speed["tokens_per_second"].items():
        lines.append(f"| {name} | {rates['fp32']:,} | {rates['int8']:,} | {rates['int8'] / rates['fp32']:.2f} |")
    return "\n".join(lines)


def felt(found: dict) -> str:
    """Bundles' models in int8 as they are, and trained on as int8 rounds them."""
    lines = ["| | fp32 | int8 | lost | sentiment, unseen | actionability, unseen |", "| --- |" + " ---: |" * 5]
    for name, point in found["points"].items():
        if not name.startswith(FELT):
            continue
        for title, each in ((name.removeprefix(FELT), found["points"][name.removeprefix(FELT)]), ("trained on, rounded", point)):
            unseen = [short(each["int8"]["unseen"][task]) for task in ("sentiment", "actionability")]
            means = [short(each[kind]["dev"]["mean"]) for kind in ("fp32", "int8")]
            lines.append(f"| {title} | " + " | ".join([*means, lost(each["int8"]), *unseen]) + " |")
    return "\n".join(lines)


def vocabulary(found: dict) -> str:
    lines = ["| | pieces | table, MB | macro-F1 | sentiment, unseen | actionability, unseen |", "| --- |" + " ---: |" * 5]
    about = found["vocabulary"]
    for name in (name for name in about["whole"] if name in found["points"]):
        for each in (about["trimmed"], about["whole"]):
            figures = each[name]
            cells = [f"{each['pieces']:,}", f"{each['table_bytes'] / 1e6:.1f}", short(figures["dev"]["mean"])]
            lines.append(f"| {name} | " + " | ".join([*cells, *map(short, figures["unseen"].values())]) + " |")
    return "\n".join(lines)


def alone(found: dict) -> str:
    """Per task: a model of its own, one for all tasks, and heads on a frozen body; means and deviations over seeds."""
    ways = {"alone": "alone", "all": "all tasks", "frozen": "frozen body"}
    lines = ["| | " + " | ".join(ways.values()) + " | all less alone |", "| --- |" + " ---: |" * (len(ways) + 1)]
    for place, title in (("dev", "{}"), ("unseen", "{}, unseen")):
        for task, each in found["alone"].get(place, {}).items():
            cells = [f"{short(each[way]['mean'])} ± {short(each[way]['deviation'])}" if way in each else "" for way in ways]
            gain = 100 * (each["all"]["mean"] - each["alone"]["mean"]) if {"all", "alone"} <= set(each) else None
            lines.append(f"| {title.format(task)} | " + " | ".join([*cells, "" if gain is None else f"{gain:+.1f}"]) + " |")
    return "\n".join(lines)


def gpu(found: dict, price: float) -> str:
    rate = found["gpu"]["teacher_fp32_rows_per_second"]
    hours = 1e6 / rate / 3600
    lines = ["| | rows/s | hours for a million comments | price |", "| --- | ---: | ---: | ---: |"]
    lines.append(f"| teacher, fp32, {found['gpu']['device']} | {rate:,} | {hours:.4f} | {hours * price:.3f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--price-per-gpu-hour", type=float, default=2.5)
    parser.add_argument("--as-measured", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.as_measured:
        found = json.loads(FIGURES.read_text(encoding="utf-8"))
    else:
        config = load(RECIPE / "config.toml")
        given.work.mkdir(parents=True, exist_ok=True)
        prepare(given.work, given.data, config)
        bundles = [load(RECIPE / "config.toml", tier) for tier in tiers(RECIPE / "config.toml")]
        found = study.run(given.work, config, bundles, FIGURES, os.cpu_count())
    bodies = {"depths": depths(found), "unseen": unseen(found), "speeds": speeds(found)}
    if any(name.startswith(FELT) for name in found["points"]):
        bodies["felt"] = felt(found)
    if "alone" in found:
        bodies["alone"] = alone(found)
    if "vocabulary" in found:
        bodies["vocabulary"] = vocabulary(found)
    if "gpu" in found:
        bodies["gpu"] = gpu(found, given.price_per_gpu_hour)
    print("\n\n".join(bodies.values()))
    if given.write:
        write(PAGE, bodies)
        draw(CHART, found)


if __name__ == "__main__":
    main()
