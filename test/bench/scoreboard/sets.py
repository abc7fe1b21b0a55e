"""The public rows that the scoreboard measures on, and those that its peers learn from; both as the training recipe splits them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from batches import Encoded, Sampler
from corpus import DEV, HELD_OUT, TEST, Corpus, single_labels
from evaluate import coarse
from tokenizers import Tokenizer

RECIPE = Path(__file__).parents[3] / "models" / "training"  # run.sh puts it on the path of modules
ROWS = 600  # of each set at most


@dataclass
class Rows:
    """Texts with a class each; `names` are the classes, in the order of their numbers."""

    title: str
    task: str
    texts: list[str]
    classes: np.ndarray
    names: list[str]
    trained: str  # what of the set was trained on, by voxpop and by the peers that learn here


def class_names(task: dict) -> list[str]:
    """Names of a task's coarse classes: the first label that each may mean."""
    _, place = coarse(task)
    return [next(task["labels"][label] for label, at in place.items() if at == number) for number in range(max(place.values()) + 1)]


def to_classes(task: dict, bits: np.ndarray) -> np.ndarray:
    """Int [rows], -1 where the labels that are allowed are of more than one class."""
    classes, place = coarse(task)
    one = single_labels(bits)
    return np.array([classes.index(each) if each in classes else place.get(int(label), -1) for each, label in zip(bits, one, strict=True)])


def measured(corpus: Corpus, config: dict) -> list[Rows]:
    columns = corpus.columns
    rng = np.random.default_rng(1)
    found = []

    def add(title: str, task: str, places: np.ndarray, trained: str) -> None:
        about = config["tasks"][task]
        known = places[corpus.labelled(task)[places]]
        classes = to_classes(about, columns["task_" + task][known])
        known, classes = known[classes >= 0], classes[classes >= 0]
        chosen = rng.permutation(len(known))[:ROWS]
        texts = [corpus.texts[row] for row in known[chosen]]
        found.append(Rows(title, task, texts, classes[chosen], class_names(about), trained))

    for source in config["data"]["held_out"]:
        if source not in corpus.sources:
            continue
        rows = np.flatnonzero((columns["split"] == HELD_OUT) & (columns["source"] == corpus.sources.index(source)))
        for task in ("sentiment", "actionability"):
            if corpus.labelled(task)[rows].any():
                add(source, task, rows, "nothing")
    for source in ("umsab", "nusax"):
        rows = np.flatnonzero((columns["split"] == TEST) & (columns["source"] == corpus.sources.index(source)))
        add(f"{source}, test", "sentiment", rows, "train rows")
    dev = np.flatnonzero((columns["split"] == DEV) & columns["clean"])
    for task in ("sentiment", "actionability"):
        add("consistent, dev", task, dev, "train rows")
    return found


def learned(corpus: Corpus, tokenizer: Tokenizer, encoded: Encoded, config: dict, task: str, count: int) -> tuple[list[str], np.ndarray]:
    """(texts, classes) drawn as the students' training draws them, texts undisturbed."""
    sampler = Sampler(corpus, tokenizer, encoded, config, config["student"]["stages"][0]["clean"], seed=3)
    rows = sampler.draw(count)
    rows = rows[corpus.labelled(task)[rows]]
    classes = to_classes(config["tasks"][task], corpus.columns["task_" + task][rows])
    return [corpus.texts[row] for row in rows[classes >= 0]], classes[classes >= 0]
