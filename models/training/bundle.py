"""Step 7, bundle: puts model, tokenizer, probes and bundle.json into a bundle directory.

The card (README.md) is copied from card.md once; its text is then edited in place, and the
evaluation fills in the tables.
"""

import hashlib
import json
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from batches import BOS_ID, EOS_ID, PAD_ID, encode
from compress import VECTORS
from corpus import Corpus, is_multi, license_of
from settings import arguments, load, tier_folder
from static_int8 import is_batch_invariant, open_session

FORMAT_VERSION = 1
BUILT_WITH = ("torch", "tokenizers", "onnx", "onnxruntime", "numpy")


def describe_file(path: Path) -> dict:
    content = path.read_bytes()
    return {"path": path.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


# What people and tools put into a cell, beside the written comments.
ODD = [
    "👍👍",
    "a\u0301 ﬁ ½ Ⅷ ＡＢＣ",
    "!!!???",
    "x" * 300,
    "https://example.org/?a=1&b=2",
    "1,234.50 €",
    "👩‍👩‍👧",
    "ÀÉÎ",
    "NIE WIEDER!!! İstanbul ŞUBESİ ΤΕΛΟΣ",
]
PROBES, TOLERANCE = 64, 0.01


def make_probes(out: Path, own: Path, tokenizer: Tokenizer, tasks: list[dict], longest: int) -> dict:
    """Texts with their ids by the Rust tokenizers and the logits that the bundle's own graph gives in Python."""
    rows = [line.split("\t") for line in (own / "written.tsv").read_text(encoding="utf-8").splitlines()]
    by_language: dict[str, list[str]] = {}
    for language, text, *_ in rows:
        by_language.setdefault(language, []).append(text.strip())
    odd = [text for text in ODD if text.strip() == text and tokenizer.encode(text, add_special_tokens=False).ids]
    each = (PROBES - len(odd)) // len(by_language) + 1
    texts = [*odd, *(text for texts in by_language.values() for text in texts[:each])][:PROBES]
    session = open_session(out / "model.onnx")
    names = [task["output"] for task in tasks]
    probes = []
    for text in texts:
        ids = [BOS_ID, *encode(tokenizer, [text])[0][: longest - 2], EOS_ID]
        feed = np.array([ids], np.int64)
        logits = session.run(names, {"input_ids": feed, "attention_mask": np.ones_like(feed)})
        rounded = {name: [round(float(value), 5) for value in values[0]] for name, values in zip(names, logits, strict=True)}
        probes.append({"text": text, "ids": ids, "logits": rounded})
    made_with = {name: version(name) for name in ("tokenizers", "onnxruntime")}
    return {"tolerance": TOLERANCE, "made_with": made_with, "probes": probes}


def build(work: Path, out: Path, config: dict) -> None:
    out.mkdir(parents=True, exist_ok=True)
    folder = tier_folder(work, config)
    shutil.copyfile(folder / "model.onnx", out / "model.onnx")
    shutil.copyfile(work / "tokenizer.json", out / "tokenizer.json")
    corpus = Corpus.load(work)
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    thresholds = json.loads((folder / "thresholds-int8.json").read_text())
    tasks = []
    for name, task in config["tasks"].items():
        about = {"name": name, "problem_type": task["kind"], "labels": task["labels"], "output": name}
        tasks.append(about | ({"thresholds": thresholds[name]} if is_multi(task) else {}))
    about, held_out = config["bundle"], config["data"].get("held_out", [])
    pieces, longest = tokenizer.get_vocab_size(), config["model"]["max_length"]
    names = ["input_ids", "attention_mask"]
    probes = make_probes(out, Path(__file__).parent, tokenizer, tasks, longest)
    (out / "probes.json").write_text(json.dumps(probes, ensure_ascii=False) + "\n", encoding="utf-8")
    bundle = {
        "format_version": FORMAT_VERSION,
        "name": config["student"]["name"],
        "version": about["version"],
        "license": about["license"],
        "architecture": about["architecture"],
        "languages": config["data"]["languages"],
        "max_length": longest,
        "pad_token_id": PAD_ID,
        "fold_capitals": True,
        "files": [describe_file(out / name) for name in ("model.onnx", "tokenizer.json", "probes.json")],
        "tasks": tasks,
        "gate": about["gate"],
        "vectors": {"output": VECTORS, "size": 2 * config["model"]["width"]},
        "pairs": about["pairs"],
        "batch_invariant": is_batch_invariant(out / "model.onnx", pieces, names, PAD_ID, longest),
        # What the labels stand for in a report; the evaluation adds how they turned out.
        "report": json.loads(Path(__file__).with_name("report.json").read_text(encoding="utf-8")),
        "metrics": {},
        "provenance": {
            "recipe_version": about["recipe_version"],
            "seeds": {step: config[step]["seed"] for step in ("data", "encoder", "teacher", "soft", "student")},
            "sources": [
                {"name": source, "license": license_of(source, config["licenses"])} for source in corpus.sources if source not in held_out
            ],
            "held_out_sources": held_out,
            "built_on": about["built_on"],
            "built_with": {"python": platform.python_version()} | {name: version(name) for name in BUILT_WITH},
        },
    }
    (out / "bundle.json").write_text(json.dumps(bundle, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if not (out / "README.md").exists():
        card = Path(__file__).with_name("card.md").read_text(encoding="utf-8")
        (out / "README.md").write_text(card.replace("NAME", config["student"]["name"], 1), encoding="utf-8")
    total = sum(path.stat().st_size for path in out.iterdir())
    print(f"{out.name}: {total} bytes, batch invariant: {bundle['batch_invariant']}", file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="bundle directory")
    given = parser.parse_args()
    build(given.work, given.out, load(given.config, given.tier))


if __name__ == "__main__":
    main()
