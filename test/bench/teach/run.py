"""`npm run bench:teach`: quality and time of `voxpop teach` and of its peers on public taxonomies, with the same rows for all.

run.py --data DATA --work WORK [--peers teach,tf-idf,fasttext] [--sets apps,...] [--sizes 8,16,64] [--seeds 5] [--write]

`--data` holds checkouts of the repositories that sets.py names, `--work` what is kept: results.jsonl gets a line for each
draw as soon as it is measured, and what is there is not measured again. Two peers have to be asked for: `setfit`, which
also needs the encoder.pt and tokenizer.json of the training recipe in `--work`, and `command`, which is `teach` by the
command itself, and so the one that is timed: compare its seconds in results.jsonl with those of `setfit` on a CPU.
`--write` puts the tables into docs/teach.md.
"""

import argparse
import csv
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import few_shot
import peers
import sets
from peers import Labels
from sets import Rows

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/teach.md"
TITLES = {"teach": "teach", "tf-idf": "TF-IDF", "fasttext": "fastText", "setfit": "SetFit"}
csv.field_size_limit(10**9)


def node(program: str, *words: str) -> str:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(["node", str(ROOT / program), *words], check=True, stdout=subprocess.PIPE, env=environment)
    return done.stdout.decode("utf-8")


def taught(rows: Rows, texts: list[str]) -> Labels:
    """The command itself: teach, then score with the bundle that it made."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with (root / "rows.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            for text, labels in zip(rows.texts, rows.labels, strict=True):
                writer.writerow([text, json.dumps(labels) if rows.is_multi else labels[0]])
        with (root / "texts.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text"])
            writer.writerows([text] for text in texts)
        bundle, out = str(root / "taught"), root / "out.jsonl"
        words = ["--task", "label", "--kind", "multi" if rows.is_multi else "single", "--resamples", "0"]
        node("bin/voxpop.js", "teach", str(root / "rows.csv"), "-o", bundle, "--text", "text", "--quiet", *words)
        words = ["--tasks", "label", "--keep-non-answers", "--workers", "1", "--to", "jsonl"]
        node("bin/voxpop.js", "score", str(root / "texts.csv"), "-m", bundle, "-o", str(out), "--text", "text", "--quiet", *words)
        found = [json.loads(line)["predictions"]["label"] for line in out.read_text(encoding="utf-8").splitlines()]
    return [tuple(each["labels"]) if "labels" in each else (each["label"],) for each in found]


def processor_seconds() -> float:
    """Of this process and of those that it waited for."""
    return time.process_time() + sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def taught_at_once(name: str, draws: list[tuple[int, int]], given: argparse.Namespace) -> list[dict]:
    """As `command`, for many draws: the model reads each text once. See taught.ts."""
    rows = load(name, given.data)
    texts = list(rows.texts)
    starts = {}
    for language, translated in rows.translations.items():
        starts[language] = len(texts)
        texts += translated
    drawn = {(size, seed): sets.draw(rows, size, seed) for size, seed in draws}
    used: dict[int, int] = {}  # place of a text in the job, by its place among all
    jobs, facts = [], []
    for (size, seed), pair in drawn.items():
        if pair is None:
            continue
        own, tests = pair
        asked = tests + [starts[language] + at for language, translated in rows.translations.items() for at in tests if translated[at]]
        for at in own + asked:
            used.setdefault(at, len(used))
        jobs.append({"rows": [used[at] for at in own], "labels": [rows.labels[at] for at in own], "asked": [used[at] for at in asked]})
        facts.append(({"peer": "teach", "set": name, "size": size, "seed": seed, "rows": len(own), "tests": len(tests)}, tests))
    if not jobs:
        return []
    job = {"model": "voxpop-mini", "vectors": str((given.work / f"{name}.vectors").resolve()), "isMulti": rows.is_multi, "draws": jobs}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(job | {"texts": [texts[at] for at in used]}, file)
        file.flush()
        lines = node("dist/test/bench/teach/taught.js", file.name).splitlines()
    found = [[tuple(labels) for labels in json.loads(line)] for line in lines]
    return [fact | qualities(rows.taken(tests), each) for (fact, tests), each in zip(facts, found, strict=True)]


def qualities(tests: Rows, found: Labels) -> dict:
    """Macro-F1 on the test rows, and on their translations by language; `found` has labels of all these in turn."""
    labels = iter(found)
    values = {}
    for language, texts in ({"": tests.texts} | tests.translations).items():
        gold = [each for each, text in zip(tests.labels, texts, strict=True) if text]
        values[language] = round(peers.macro_f1(gold, [next(labels) for _ in gold]), 4)
    return {"labels": len(peers.names(tests)), "quality": values.pop(""), "languages": values}


@cache
def settings(name: str, size: int, data: Path) -> dict:
    """fastText's, chosen on the rows of the first draw."""
    rows = load(name, data)
    drawn = sets.draw(rows, size, 1)
    assert drawn
    found = peers.tuned_fasttext(rows.taken(drawn[0]))
    print(name, size, found, file=sys.stderr)
    return found


load = cache(sets.load)


def measure(peer: str, name: str, size: int, seed: int, given: argparse.Namespace) -> dict | None:
    """Quality, and processor seconds to teach and to label all tests."""
    rows = load(name, given.data)
    drawn = sets.draw(rows, size, seed)
    if drawn is None or (peer == "setfit" and rows.is_multi):
        return None
    own, tests = rows.taken(drawn[0]), rows.taken(drawn[1])
    asked = [text for each in (tests.texts, *tests.translations.values()) for text in each if text]
    if peer == "fasttext":
        score = peers.fasttext(settings(name, size, given.data))
    started = processor_seconds()
    if peer == "command":
        found = taught(own, asked)
    elif peer == "setfit":
        found = peers.setfit(given.work, given.most_steps, seed)(own, asked)
    elif peer == "tf-idf":
        found = peers.label(peers.tf_idf, own, asked)
    else:
        try:
            found = peers.label(score, own, asked)
        except RuntimeError as error:  # as when it was tuned; such a draw is left out
            print(name, size, seed, error, file=sys.stderr)
            return None
    seconds = processor_seconds() - started
    facts = {"peer": peer, "set": name, "size": size, "seed": seed, "rows": len(own), "tests": len(tests), "seconds": round(seconds, 1)}
    if peer == "setfit":
        facts["steps"] = min(few_shot.epoch_steps(peers.classes(own)), given.most_steps)
    return facts | qualities(tests, found)


def measure_all(given: argparse.Namespace, path: Path) -> list[dict]:
    """All lines of results, new ones behind those that are there."""

    def keep(result: dict) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        print(json.dumps(result), file=sys.stderr, flush=True)

    known = {(each["peer"], each["set"], each["size"], each["seed"]) for each in read(path)}
    for name in given.sets:
        draws = [(size, seed) for size in given.sizes for seed in range(given.first_seed, given.seeds + 1)]
        for peer in given.peers:
            missing = [draw for draw in draws if (peer, name, *draw) not in known]
            if peer == "teach":
                for result in taught_at_once(name, missing, given):
                    keep(result)
                continue
            for size, seed in missing:
                result = measure(peer, name, size, seed, given)
                if result is not None:
                    keep(result)
    return read(path)


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def figure(values: list[float]) -> str:
    return f"{statistics.mean(values):.3f}".lstrip("0") if values else ""


def of(results: list[dict], **facts: object) -> list[dict]:
    return [each for each in results if all(each[name] == value for name, value in facts.items())]


def main_table(results: list[dict], data: Path) -> list[list[str]]:
    lines = [["taxonomy, labels", "rows a label", *TITLES.values()]]
    for name, source in sets.SOURCES.items():
        title = f"{source.title}{' *' if source.is_held_apart else ''}"
        for size in (8, 16, 64):
            own = of(results, set=name, size=size)
            if not of(own, peer="teach"):
                continue
            cells = []
            for peer in TITLES:
                found = of(own, peer=peer)
                few = f" ({len(found)})" if 0 < len(found) < 5 else ""
                cells.append(figure([each["quality"] for each in found]) + few)
            several = ", several a text" if load(name, data).is_multi else ""
            lines.append([f"{title}, {own[0]['labels']}{several}" if size == 8 else "", str(size), *cells])
    return lines


def paired_table(results: list[dict]) -> list[list[str]]:
    """Draws that SetFit was measured on, beside `teach` on the very same."""
    lines = [["taxonomy", "rows a label", "draws", "SetFit's steps", "teach", "SetFit"]]
    for name, source in sets.SOURCES.items():
        for size in (8, 16, 64):
            others = of(results, peer="setfit", set=name, size=size)
            pairs = [(own, other) for other in others for own in of(results, peer="teach", set=name, size=size, seed=other["seed"])]
            if not pairs:
                continue
            qualities = [figure([pair[at]["quality"] for pair in pairs]) for at in (0, 1)]
            steps = str(max(other["steps"] for _, other in pairs))
            lines.append([source.title, str(size), str(len(pairs)), steps, *qualities])
    return lines


def language_table(results: list[dict]) -> list[list[str]]:
    """xSID taught in English, per language."""
    # Those that know no language but that of their rows have one column each: more would not fit a terminal.
    sizes = {"tf-idf": (16,), "fasttext": (16,)}
    columns = [(peer, size, of(results, peer=peer, set="xsid", size=size)) for peer in TITLES for size in sizes.get(peer, (8, 16))]
    columns = [column for column in columns if column[2]]
    lines = [["language", *[f"{TITLES[peer]}, {size}" for peer, size, _ in columns]]]
    for language in ("en", *sets.LANGUAGES):
        values = [[({"en": each["quality"]} | each["languages"])[language] for each in found] for _, _, found in columns]
        lines.append([language, *map(figure, values)])
    return lines


def markdown(lines: list[list[str]]) -> str:
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    padded.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def write(page: str, name: str, body: str) -> str:
    marks = re.compile(rf"(<!-- begin:{name} -->\n).*?(<!-- end:{name} -->)", re.DOTALL)
    assert marks.search(page), f"expected the marks begin:{name} and end:{name} in {PAGE}"
    return marks.sub(lambda match: f"{match[1]}\n{body}\n\n{match[2]}", page)


def main() -> None:
    def words(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--peers", type=words, default=["teach", "tf-idf", "fasttext"])
    parser.add_argument("--sets", type=words, default=list(sets.SOURCES))
    parser.add_argument("--sizes", type=lambda text: [int(size) for size in words(text)], default=[8, 16, 64])
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--most-steps", type=int, default=1000, help="of SetFit, 16 pairs each; fewer where its epoch has fewer")
    parser.add_argument("--results", default="results.jsonl")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    results = measure_all(given, given.work / given.results)
    tables = {"taught": main_table(results, given.data), "setfit": paired_table(results), "languages": language_table(results)}
    bodies = {name: markdown(lines) for name, lines in tables.items()}
    print("\n\n".join(bodies.values()))
    if given.write:
        page = PAGE.read_text(encoding="utf-8")
        for name, body in bodies.items():
            page = write(page, name, body)
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
