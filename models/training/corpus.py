"""Step 1, corpus: labelled comments, the older sources' labels and translations -> one columnar table of rows.

Writes to the work directory:
  rows.npz      one entry per row: source, language, split, group (translations of each other), `clean`, and per task
                the allowed labels as bits (one label) or 1, 0, -1 per label (several; -1: not known)
  texts.json    the texts, in the same order
  sources.json  names of sources and languages, and per source and task what its labels weigh
"""

import csv
import hashlib
import json
import lzma
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from settings import arguments, load

TRAIN, DEV, TEST, PARALLEL, HELD_OUT = 0, 1, 2, 3, 4
SPLITS = {"train": TRAIN, "dev": DEV, "test": TEST}
UNLABELLED = -1  # of a label of a task with several: this row says nothing about it
LANGUAGE = "language"  # the task whose labels are the rows' languages


def is_multi(task: dict) -> bool:
    return task["kind"] == "multi_label_classification"


def license_of(source: str, licenses: dict[str, str]) -> str:
    return next((name for pattern, name in licenses.items() if fnmatch(source, pattern)), "none stated")


def key_of(text: str) -> str:
    """What two texts share that differ in case, blanks and punctuation alone."""
    return "".join(character for character in text.lower() if character.isalnum())


@dataclass
class Corpus:
    """The table as the later steps read it."""

    columns: dict[str, np.ndarray]
    texts: list[str]
    sources: list[str]
    languages: list[str]

    @classmethod
    def load(cls, work: Path) -> "Corpus":
        about = json.loads((work / "sources.json").read_text(encoding="utf-8"))
        texts = json.loads((work / "texts.json").read_text(encoding="utf-8"))
        return cls(dict(np.load(work / "rows.npz")), texts, about["names"], about["languages"])

    def rows(self, split: int, clean: bool | None = None) -> np.ndarray:
        chosen = self.columns["split"] == split
        return np.flatnonzero(chosen if clean is None else chosen & (self.columns["clean"] == clean))

    def labelled(self, task: str) -> np.ndarray:
        """Bool [rows]: whether the row says anything about the task."""
        column = self.columns["task_" + task]
        return (column != UNLABELLED).any(-1) if column.ndim == 2 else column != 0


def single_labels(bits: np.ndarray) -> np.ndarray:
    """Int [rows] from bits of allowed labels: the label where one alone is allowed, else -1."""
    one = (bits != 0) & (bits & (bits - 1) == 0)
    return np.where(one, np.log2(np.maximum(bits, 1)).astype(np.int64), -1)


def read_lines(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from lines


def read_sources(data: Path, max_chars: int) -> Iterator[dict]:
    """The older sources: `labels` are their own, by their own names of tasks."""
    for path in sorted(data.glob("*.jsonl.xz")):
        for line in read_lines(path):
            row = json.loads(line)
            row["text"] = row["text"][:max_chars]
            if row["text"].strip():
                yield row | {"language": path.name.split(".")[0], "clean": False}


def clean_row(cells: dict[str, str], tasks: dict) -> dict:
    labels = {name: cells[name].split(";") if cells.get(name) else [] for name in tasks if name in cells}
    gate = [name for name, task in tasks.items() if task.get("silences") and labels.get(name) == [task["silences"]]]
    known = gate if gate else [name for name in labels if labels[name] or is_multi(tasks[name])]
    return {"labels": {name: labels[name] for name in known}, "clean": True, "silent": bool(gate)}


def read_clean(data: Path, own: Path, tasks: dict) -> Iterator[dict]:
    """Rows labelled for all tasks by LABELS.md: those of the data and those written for the recipe."""
    for cells in csv.DictReader(read_lines(data / "consistent.tsv.xz"), delimiter="\t"):
        common = {name: cells[name] for name in ("text", "source", "split")}
        yield common | {"language": cells["lang"]} | clean_row(cells, tasks)
    written = own / "written.tsv"
    names = ["lang", "text", "sentiment", "intensity", "emotion", "effort", "actionability", "topic"]
    if written.exists():
        for line in written.read_text(encoding="utf-8").splitlines():
            cells = dict(zip(names, line.split("\t"), strict=True))
            split = "dev" if int(hashlib.sha256(cells["text"].encode()).hexdigest()[:8], 16) % 20 == 0 else "train"
            yield {"text": cells["text"], "source": "written", "split": split, "language": cells["lang"]} | clean_row(cells, tasks)
    read = own / "read.tsv"
    if read.exists():  # labels of collected texts, by the text's hash: the texts stay with the data
        labels = {}
        for line in read.read_text(encoding="utf-8").splitlines():
            digest, *cells = line.split("\t")
            labels[digest] = dict(zip(names[2:], cells, strict=True))
        for row in read_sources(data, sys.maxsize):
            cells = labels.pop(digest_of(row["text"]), None) if row["split"] == "train" else None
            if cells is not None:
                common = {name: row[name] for name in ("text", "source", "language")}
                yield common | {"split": "train"} | clean_row(cells, tasks)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_other_languages(own: Path) -> Iterator[dict]:
    """Texts in languages that are not among the labels of the language task: they train it alone."""
    path = own / "other-languages.tsv"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        language, text = line.split("\t")
        yield {"text": text, "source": "written_other", "split": "train", "language": language, "labels": {}, "clean": False}


def read_parallel(data: Path) -> list[list[str]]:
    path = data / "parallel.tsv.xz"
    if not path.exists():
        return []
    pairs = [row for row in csv.reader(read_lines(path), delimiter="\t", quoting=csv.QUOTE_NONE) if len(row) == 4]
    return [pair for pair in pairs if not pair[2].startswith("../")]  # a few lines hold file names


def split_of(row: dict, sources_with_dev: set[str], train_counts: Counter, config: dict) -> int:
    """Keeps the split, but takes held-out sources whole, and carves a dev split by hash for sources that came without one."""
    if row["source"] in config.get("held_out", []):
        return HELD_OUT
    place = int(hashlib.sha256((row["source"] + row["text"]).encode()).hexdigest()[:8], 16) / 2**32
    if row["split"] == "train" and row["source"] not in sources_with_dev:
        share = min(config["dev_share"], config["dev_max"] / train_counts[row["source"]])
        return DEV if place < share else TRAIN
    if row["split"] == "dev" and place < config.get("dev_to_train", {}).get(row["source"], 0.0):
        return TRAIN
    return SPLITS[row["split"]]


def gather(data: Path, own: Path, config: dict) -> list[dict]:
    """All rows, each with `split` as a number; a text that is measured is not trained on, whichever source it comes from."""
    settings = config["data"]
    clean = list(read_clean(data, own, config["tasks"]))
    for row in clean:
        row["split"] = SPLITS[row["split"]]
    definitions_win = {key_of(row["text"]) for row in clean}
    older = list(read_sources(data, settings["max_chars"]))
    with_dev = {row["source"] for row in older if row["split"] == "dev"}
    train_counts = Counter(row["source"] for row in older if row["split"] == "train")
    for row in older:
        row["split"] = split_of(row, with_dev, train_counts, settings)
    measured = {key_of(row["text"]) for row in [*clean, *older] if row["split"] != TRAIN}
    dropped = set(settings.get("left_out", []))
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in [*clean, *older, *read_other_languages(own)]:
        key = key_of(row["text"])
        place = (row["source"] + row["language"], key)
        if row["split"] in (TRAIN, "train"):
            row["split"] = TRAIN
            stale = not row["clean"] and (key in definitions_win or row["source"] in dropped)
            if len(key) > 3 and (key in measured or stale) or place in seen:
                continue
        seen.add(place)
        kept.append(row)
    languages = settings["languages"] + settings["extra_languages"]
    english_seen: set[str] = set()
    for language, source, english, translation in read_parallel(data):
        if key_of(english) in measured or key_of(translation) in measured or language not in languages:
            continue
        common = {"source": "parallel_" + source, "split": PARALLEL, "labels": {}, "clean": False, "pid": "parallel:" + english}
        if english not in english_seen:
            english_seen.add(english)
            kept.append(common | {"text": english, "language": "en"})
        kept.append(common | {"text": translation, "language": language})
    return kept


def single_bits(task: dict, row: dict) -> int:
    """Bits of the labels that the row allows; 0 if it says nothing."""
    labels = task["labels"]
    if row["clean"]:
        given = row["labels"].get(task["name"], [])
        return sum(1 << labels.index(label) for label in given)
    for source_task, rule in task.get("from", {}).items():
        if source_task not in row["labels"]:
            continue
        value = row["labels"][source_task]
        own = [value] if isinstance(value, str) else value
        for label, allowed in rule["labels"].items():  # the first that fits
            if label in own:
                return sum(1 << labels.index(name) for name in allowed)
    return 0


def multi_values(task: dict, row: dict, space: set[str] | None) -> list[int]:
    """1, 0 or -1 per label; `space` are the labels that the row's source annotates."""
    labels = task["labels"]
    if row["clean"]:
        given = row["labels"].get(task["name"])
        return [UNLABELLED] * len(labels) if given is None else [int(label in given) for label in labels]
    for source_task, rule in task.get("from", {}).items():
        if source_task not in row["labels"]:
            continue
        given = row["labels"][source_task]
        values = []
        for label in labels:
            # A label that a coarser one may include is unknown wherever the coarser one is given.
            coarser = rule.get("within", {}).get(label)
            if coarser is not None:
                values.append(UNLABELLED if coarser in given or coarser not in (space or ()) else 0)
            elif space is not None and label not in space:
                values.append(UNLABELLED)
            else:
                values.append(int(label in given))
        return values
    return [UNLABELLED] * len(labels)


def build(data: Path, own: Path, work: Path, config: dict) -> None:
    settings = config["data"]
    tasks = {name: task | {"name": name} for name, task in config["tasks"].items()}
    rows = gather(data, own, config | {"tasks": tasks})
    languages = list(dict.fromkeys([*settings["languages"], *settings["extra_languages"], *(row["language"] for row in rows)]))
    # Labels that a source never gives are unknown there, not absent.
    spaces: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if not row["clean"]:
            for task, value in row["labels"].items():
                spaces[row["source"], task].update([value] if isinstance(value, str) else value)
    groups: dict[str, int] = {}
    names = sorted({row["source"] for row in rows})
    numbers = {name: index for index, name in enumerate(names)}
    columns = {
        "source": np.array([numbers[row["source"]] for row in rows], np.int16),
        "language": np.array([languages.index(row["language"]) for row in rows], np.int16),
        "split": np.array([row["split"] for row in rows], np.int8),
        "group": np.array([groups.setdefault(row["pid"], len(groups)) if "pid" in row else -1 for row in rows], np.int32),
        "clean": np.array([row["clean"] for row in rows]),
    }
    for name, task in tasks.items():
        if name == LANGUAGE:
            known = [
                0 if row.get("silent") else 1 << task["labels"].index(row["language"] if row["language"] in task["labels"] else "other")
                for row in rows
            ]
            columns["task_" + name] = np.array(known, np.int64)
        elif is_multi(task):
            values = []
            for row in rows:
                space = None
                if not row["clean"]:
                    of = next((of for of in task.get("from", {}) if of in row["labels"]), None)
                    own_space = row.get(f"{of}_space") if of else None
                    space = set(own_space) if own_space is not None else spaces.get((row["source"], of))
                values.append(multi_values(task, row, space))
            columns["task_" + name] = np.array(values, np.int8)
        else:
            columns["task_" + name] = np.array([single_bits(task, row) for row in rows], np.int64)
    work.mkdir(parents=True, exist_ok=True)
    np.savez(work / "rows.npz", **columns)
    (work / "texts.json").write_text(json.dumps([row["text"] for row in rows], ensure_ascii=False), encoding="utf-8")
    (work / "sources.json").write_text(json.dumps({"names": names, "languages": languages}), encoding="utf-8")
    counts = np.bincount(columns["split"], minlength=5)
    clean = columns["clean"]
    print(
        f"{len(rows)} rows ({', '.join(f'{count} {name}' for name, count in zip(('train', 'dev', 'test', 'parallel', 'held out'), counts, strict=True))}),"
        f" of them labelled by the definitions {clean.sum()} ({(clean & (columns['split'] == DEV)).sum()} dev); {len(names)} sources",
        file=sys.stderr,
    )


def main() -> None:
    parser = arguments(__doc__, with_tier=False)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    build(given.data, given.config.parent, given.work, load(given.config))


if __name__ == "__main__":
    main()
