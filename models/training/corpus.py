"""Step 1, corpus: labelled texts and translations -> one columnar table of rows.

Writes to the work directory:
  rows.npz      one entry per row: source, language, split, group and a column of labels per task
  texts.json    the texts, in the same order
  sources.json  names of the sources, and the labels that each one annotates
"""

import csv
import hashlib
import json
import lzma
import sys
from collections import Counter, defaultdict
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from settings import arguments, load

TRAIN, DEV, TEST, PARALLEL, HELD_OUT = 0, 1, 2, 3, 4
SPLITS = {"train": TRAIN, "dev": DEV, "test": TEST}
UNLABELLED = -1  # this row says nothing about this label: no loss, no score
EXTRA_LANGUAGES = ["pl", "tl"]  # in the data, not among the classes of the language task

# A row may carry several types of feedback; the first in this order decides.
ACTIONABILITY = [("problem_report", "problem"), ("complaint", "problem"), ("suggestion", "suggestion"), ("none", "none")]


def license_of(source: str, licenses: dict[str, str]) -> str:
    return next((name for pattern, name in licenses.items() if fnmatch(source, pattern)), "none stated")


def is_permissive(source: str, licenses: dict[str, str]) -> bool:
    """Whether the source itself states a licence for its texts: a repository's licence for its code does not count."""
    stated = license_of(source, licenses)
    return stated != "none stated" and not stated.startswith("repository")


def key_of(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def read_labelled(data: Path, max_chars: int) -> list[dict]:
    rows = []
    for path in sorted(data.glob("*.jsonl.xz")):
        language = path.name.split(".")[0]
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                row["text"] = row["text"][:max_chars]
                row["language"] = language
                if row["text"].strip():
                    rows.append(row)
    return rows


def read_parallel(data: Path) -> list[tuple[str, str, str, str]]:
    path = data / "parallel.tsv.xz"
    if not path.exists():
        return []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        pairs = [row for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if len(row) == 4]
    return [pair for pair in pairs if not pair[2].startswith("../")]  # a few lines hold file names


def split_of(row: dict, sources_with_dev: set[str], train_counts: Counter, config: dict) -> int:
    """Keeps the split, but takes held-out sources whole, and carves a dev split by hash for sources that came without one."""
    if row["source"] in config.get("held_out", []):
        return HELD_OUT
    digest = hashlib.sha256((row["source"] + row["text"]).encode()).digest()
    place = int.from_bytes(digest[:4], "big") / 2**32
    if row["split"] == "train" and row["source"] not in sources_with_dev:
        share = min(config["dev_share"], config["dev_max"] / train_counts[row["source"]])
        return DEV if place < share else TRAIN
    if row["split"] == "dev" and place < config.get("dev_to_train", {}).get(row["source"], 0.0):
        return TRAIN
    return SPLITS[row["split"]]


def build(data: Path, work: Path, config: dict) -> None:
    tasks, settings = config["tasks"], config["data"]
    languages = settings["languages"] + EXTRA_LANGUAGES
    rows = read_labelled(data, settings["max_chars"])

    sources_with_dev = {row["source"] for row in rows if row["split"] == "dev"}
    train_counts = Counter(row["source"] for row in rows if row["split"] == "train")
    for row in rows:
        row["split"] = split_of(row, sources_with_dev, train_counts, settings)

    if settings["permissive_only"]:  # measured on the same rows as ever
        rows = [row for row in rows if row["split"] in (TEST, HELD_OUT) or is_permissive(row["source"], config["licenses"])]

    # A text that is measured must not be trained on, whichever source it comes from.
    measured = {key_of(row["text"]) for row in rows if row["split"] != TRAIN}
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in rows:
        key = (row["source"] + row["language"], key_of(row["text"]))
        if row["split"] == TRAIN and (key[1] in measured and len(key[1]) > 3 or key in seen):
            continue
        seen.add(key)
        kept.append(row)

    groups: dict[str, int] = {}
    for language, source, english, translation in read_parallel(data):
        if key_of(english) in measured or key_of(translation) in measured or language not in languages:
            continue
        group = "parallel:" + english
        if group not in groups:
            groups[group] = len(groups)
            kept.append({"text": english, "language": "en", "source": "parallel_" + source, "split": PARALLEL, "labels": {}, "pid": group})
        kept.append(
            {"text": translation, "language": language, "source": "parallel_" + source, "split": PARALLEL, "labels": {}, "pid": group}
        )
    for row in kept:
        if "pid" in row:
            row["group"] = groups.setdefault(row["pid"], len(groups))

    # Labels that a source never gives are unknown there, not absent.
    given: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in kept:
        for task, value in row["labels"].items():
            given[row["source"]][task].update([value] if isinstance(value, str) else value)
        if "emotion" in row["labels"]:
            given[row["source"]]["emotion"].update(row.get("emotion_space", tasks["emotion"]))

    source_names = sorted({row["source"] for row in kept})
    source_ids = {name: index for index, name in enumerate(source_names)}
    count = len(kept)
    columns = {
        "source": np.array([source_ids[row["source"]] for row in kept], np.int16),
        "language": np.array([languages.index(row["language"]) for row in kept], np.int8),
        "split": np.array([row["split"] for row in kept], np.int8),
        "group": np.array([row.get("group", -1) for row in kept], np.int32),
        "sentiment": np.full(count, UNLABELLED, np.int8),
        "actionability": np.full(count, UNLABELLED, np.int8),
        "emotion": np.full((count, len(tasks["emotion"])), UNLABELLED, np.int8),
        "topic": np.full((count, len(tasks["topic"])), UNLABELLED, np.int8),
    }
    for index, row in enumerate(kept):
        labels = row["labels"]
        if "sentiment" in labels:
            columns["sentiment"][index] = tasks["sentiment"].index(labels["sentiment"])
        if "feedback_type" in labels:
            label = next(to for of, to in ACTIONABILITY if of in labels["feedback_type"])
            columns["actionability"][index] = tasks["actionability"].index(label)
        for task in ("emotion", "topic"):
            if task in labels:
                space = row.get("emotion_space") if task == "emotion" else given[row["source"]]["topic"]
                for position, label in enumerate(tasks[task]):
                    if label in (space or tasks[task]):
                        columns[task][index, position] = label in labels[task]

    work.mkdir(parents=True, exist_ok=True)
    np.savez(work / "rows.npz", **columns)
    (work / "texts.json").write_text(json.dumps([row["text"] for row in kept], ensure_ascii=False), encoding="utf-8")
    known = {name: {task: sorted(labels) for task, labels in given[name].items()} for name in source_names}
    (work / "sources.json").write_text(json.dumps({"names": source_names, "languages": languages, "labels": known}), encoding="utf-8")
    print(
        f"{count} rows ({np.bincount(columns['split'])} train, dev, test, parallel, held out), {len(source_names)} sources", file=sys.stderr
    )


def main() -> None:
    parser = arguments(__doc__, with_tier=False)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    build(given.data, given.work, load(given.config))


if __name__ == "__main__":
    main()
