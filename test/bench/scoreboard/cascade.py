"""A cascade: the small bundle labels every text, and those that it is least sure of go to the larger one as well.

How much of the larger bundle's gain over the small one is kept, at which share of the larger one's time; on the dev rows that are labelled
by the definitions. Where the small bundle is unsure is decided on the same rows, so the figures flatter the cascade a little.
"""

import time
from pathlib import Path

import numpy as np
from batches import in_batches
from compress import run_graph
from corpus import DEV, LANGUAGE, Corpus, is_multi
from metrics import quality, sigmoid, softmax
from static_int8 import open_session
from tokenizers import Tokenizer

SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
BUDGET = 0.6  # of the larger bundle's time: what a cascade may cost to be worth having


def doubt(logits: np.ndarray, multi: bool) -> np.ndarray:
    """Float [rows]: one less the top score; for a task with several labels, of the decision that is nearest to even."""
    if multi:
        scores = sigmoid(logits)
        return 1 - np.maximum(scores, 1 - scores).min(1)
    return 1 - softmax(logits).max(1)


def place(values: np.ndarray) -> np.ndarray:
    """Each value's rank from 0 to 1, so that tasks can be compared."""
    return values.argsort().argsort() / max(1, len(values) - 1)


def seconds(graph: Path, tokenizer: Tokenizer, texts: list[str], names: list[str], rounds: int) -> list[float]:
    """Of the session alone on one thread, a round each."""
    session = open_session(graph)
    found = []
    for _ in range(rounds):
        started = time.process_time()
        for _, ids, mask in in_batches(tokenizer, texts, 1024, 256):
            session.run(names, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
        found.append(time.process_time() - started)
    return found


def measure(corpus: Corpus, config: dict, small: Path, large: Path) -> dict:
    """`small` and `large`: bundles of one vocabulary. Per share of rows that go to the larger one, the mean macro-F1 and the time beside
    the larger bundle's alone; then per task what would be kept of the gain at BUDGET, if that task were the only one.
    """
    tokenizer, tasks = Tokenizer.from_file(str(small / "tokenizer.json")), config["tasks"]
    graphs = [bundle / "model.onnx" for bundle in (small, large)]
    rows = corpus.rows(DEV, clean=True)
    texts, names = [corpus.texts[row] for row in rows], list(tasks)
    by_small, by_large = (run_graph(graph, tokenizer, texts, config["model"]["max_length"], names) for graph in graphs)
    judged = [task for task in tasks if task != LANGUAGE]
    doubts = {task: place(doubt(by_small[task], is_multi(tasks[task]))) for task in judged}
    times = [np.median(seconds(graph, tokenizer, texts, names, 3)) for graph in graphs]
    lengths = np.array([len(each.ids) + 2 for each in tokenizer.encode_batch(texts, add_special_tokens=False)])

    def at(doubts: np.ndarray, share: float) -> tuple[dict[str, float], float]:
        """(macro-F1 per task, time) where that share of the rows goes on."""
        sent = place(doubts) > 1 - share if share < 1 else np.ones(len(rows), bool)
        mixed = {task: np.where(sent[:, None], by_large[task], by_small[task]) for task in tasks}
        return quality(corpus, tasks, rows, mixed), float(times[0] / times[1] + lengths[sent].sum() / lengths.sum())

    whole = np.max(list(doubts.values()), axis=0)
    points = []
    for share in SHARES:
        found, spent = at(whole, share)
        points.append({"share": share, "mean": found["mean"], "time": spent})
    ends = [quality(corpus, tasks, rows, logits) for logits in (by_small, by_large)]
    alone = {}
    for task in judged:
        within = [found[task] for share in np.linspace(0, 1, 41) for found, spent in [at(doubts[task], share)] if spent <= BUDGET]
        gain = ends[1][task] - ends[0][task]
        alone[task] = {"gain": gain, "kept": (within[-1] - ends[0][task]) / gain if gain > 0 else None}
    return {"time_of_small": times[0] / times[1], "rows": len(rows), "points": points, "alone": alone}


def text(found: dict) -> str:
    """The tables of `measure`, in Markdown."""
    lines = ["| rows that go on | mean macro-F1 | time beside mini's |", "| ---: | ---: | ---: |"]
    for point in found["points"]:
        lines.append(f"| {point['share']:.0%} | {point['mean']:.3f} | {point['time']:.2f} |".replace("0.", ".", 1))
    lines += ["", "| one task alone | mini is better by | of which is kept |", "| --- | ---: | ---: |"]
    for task, each in found["alone"].items():
        kept = "" if each["kept"] is None else f"{each['kept']:.0%}"
        lines.append(f"| {task} | {100 * each['gain']:.1f} points | {kept} |")
    return "\n".join(lines)
