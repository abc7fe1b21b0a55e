"""Step 8, bundle: puts model, tokenizer and bundle.json into a bundle directory.

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

from batches import MULTI, Corpus
from corpus import license_of
from settings import arguments, load, tier_folder
from static_int8 import open_session

FORMAT_VERSION = 1
BUILT_WITH = ("torch", "tokenizers", "onnx", "onnxruntime", "gensim", "numpy")


def describe_file(path: Path) -> dict:
    content = path.read_bytes()
    return {"path": path.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def is_batch_invariant(model: Path, corpus: Corpus, texts: int = 512) -> bool:
    """Whether logits are the same bytes for a text alone and among others of its length."""
    session = open_session(model)
    lengths = np.diff(corpus.offsets)
    rng = np.random.default_rng(3)
    checked = 0
    for length in rng.permutation(np.arange(1, 100)):
        rows = np.flatnonzero(lengths == length)[:32]
        ids = np.stack([np.array([1, *corpus.tokens(row), 2], np.int64) for row in rows]) if len(rows) else np.empty((0, 3), np.int64)
        if len(ids) < 2:
            continue
        together = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        for at, one in enumerate(ids):
            alone = session.run(None, {"input_ids": one[None], "attention_mask": np.ones_like(one[None])})
            if any(a[0].tobytes() != b[at].tobytes() for a, b in zip(alone, together, strict=True)):
                return False
        checked += len(ids)
        if checked >= texts:
            break
    return True


def build(work: Path, out: Path, config: dict) -> None:
    out.mkdir(parents=True, exist_ok=True)
    folder = tier_folder(work, config)
    shutil.copyfile(folder / "model.onnx", out / "model.onnx")
    shutil.copyfile(work / "tokenizer.json", out / "tokenizer.json")
    corpus = Corpus.load(work)
    thresholds = json.loads((folder / "thresholds.json").read_text())
    tasks = []
    for name, labels in {**config["tasks"], "language": config["data"]["languages"]}.items():
        kind = "multi_label_classification" if name in MULTI else "single_label_classification"
        task = {"name": name, "problem_type": kind, "labels": labels, "output": name}
        tasks.append(task | ({"thresholds": thresholds[name]} if name in MULTI else {}))
    about, held_out = config["bundle"], config["data"].get("held_out", [])
    bundle = {
        "format_version": FORMAT_VERSION,
        "name": about["name"],
        "version": about["version"],
        "license": about["license"],
        "architecture": about["architecture"],
        "languages": config["data"]["languages"],
        "max_length": config["model"]["max_length"],
        "pad_token_id": 0,
        "files": [describe_file(out / name) for name in ("model.onnx", "tokenizer.json")],
        "tasks": tasks,
        "batch_invariant": is_batch_invariant(out / "model.onnx", corpus),
        "metrics": {},
        "provenance": {
            "recipe_version": about["recipe_version"],
            "seeds": {step: config[step]["seed"] for step in about["seeded_steps"]},
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
        shutil.copyfile(Path(__file__).with_name("card.md"), out / "README.md")
    total = sum(path.stat().st_size for path in out.iterdir())
    print(f"{out.name}: {total} bytes, batch invariant: {bundle['batch_invariant']}", file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="bundle directory")
    given = parser.parse_args()
    build(given.work, given.out, load(given.config, given.tier))


if __name__ == "__main__":
    main()
