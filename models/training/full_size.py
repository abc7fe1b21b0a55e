"""Makes full-size bundles with random weights, XLM-R base and mBERT base, and runs each through `voxpop score`.

python full_size.py --out DIRECTORY [--workers 1] [--shapes xlm-r-base mbert-base] [--texts FILE]

The vocabulary is trained on the texts given (CSV or JSONL): give some hundred thousand of many languages for token
counts like the real models'. They have the tasks of voxpop-mini, so that `npm run bench:table` can compare their speed with it. Their labels mean nothing.
Needs `npm run build` before.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

import import_checkpoint
from checkpoint import Checkpoint, positions
from checkpoint_bundle import read_texts, write_bundle
from checkpoint_tokenizer import CheckpointTokenizer
from heads import ClassifierHead
from tokenizer_kinds import train_bert, train_xlm_roberta

ROOT = Path(__file__).parents[2]
FEEDBACK = ROOT / "fixtures/feedback.csv"
MINI = ROOT / "models/voxpop-mini/bundle.json"
BASE = dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072)
# Pieces to train: more take very long, and split texts hardly otherwise.
MOST_TRAINED = 64_000
# As in the configs of xlm-roberta-base and bert-base-multilingual-cased.
SHAPES = {
    "xlm-r-base": (250_002, XLMRobertaConfig, XLMRobertaForSequenceClassification, dict(max_position_embeddings=514, type_vocab_size=1)),
    "mbert-base": (119_547, BertConfig, BertForSequenceClassification, dict(max_position_embeddings=512)),
}


def fill(tokenizer: Tokenizer, pieces: int) -> Tokenizer:
    """As many pieces as the real one has; what is added is in no text."""
    saved = json.loads(tokenizer.to_str())
    vocab = saved["model"]["vocab"]
    missing = range(pieces - tokenizer.get_vocab_size())
    # Characters for private use, never in a text.
    words = ["".join(chr(0xF0000 + (number >> shift) % 64) for shift in (0, 6, 12)) for number in missing]
    if isinstance(vocab, dict):
        vocab |= {word: len(vocab) + number for number, word in enumerate(words)}
    else:
        worst = min(score for _, score in vocab)
        vocab += [[word, worst] for word in words]
    return Tokenizer.from_str(json.dumps(saved))


def make_bundle(shape: str, out: Path, texts: list[str]) -> None:
    pieces, config_class, model_class, places = SHAPES[shape]
    is_bert = config_class is BertConfig
    trained = min(MOST_TRAINED, max(2000, len(texts)))  # few texts make few pieces; the rest is filled up
    tokenizer = fill(train_bert(texts, trained, lowercase=False) if is_bert else train_xlm_roberta(texts, trained), pieces)
    torch.manual_seed(1)
    read = CheckpointTokenizer(PreTrainedTokenizerFast(tokenizer_object=tokenizer), out)
    checkpoints: list[Checkpoint] = []
    for task in json.loads(MINI.read_text())["tasks"]:
        config = config_class(
            vocab_size=pieces, **BASE, **places, pad_token_id=0 if is_bert else 1, id2label=dict(enumerate(task["labels"]))
        )
        config.problem_type, config._attn_implementation = task["problem_type"], "eager"
        longest = positions(config)
        if checkpoints:  # one encoder for all: the others are built small, and take it over
            config.num_hidden_layers, config.vocab_size = 1, 8
        model: PreTrainedModel = model_class(config).eval()
        encoder = checkpoints[0].encoder if checkpoints else model.base_model
        setattr(model, model.base_model_prefix, encoder)

        def run(ids: Tensor, mask: Tensor, model: PreTrainedModel = model) -> Tensor:
            return model(input_ids=ids, attention_mask=mask).logits

        head = ClassifierHead(model)
        checkpoints.append(Checkpoint(task["name"], out, read, encoder, head, task["problem_type"], task["labels"], longest, run))
    out.mkdir(parents=True, exist_ok=True)
    words = ["none=none", "--out", str(out), "--license", "none", "--built-on", f"random weights in the shape of {shape}"]
    write_bundle(checkpoints, out, import_checkpoint.parse(words))


def score(bundle: Path, workers: int) -> dict:
    """One run of the command on the fixture; seconds, and the peak of memory of the whole process."""
    words = ["node", str(ROOT / "bin/voxpop.js"), "score", str(FEEDBACK), "-m", str(bundle), "-o", str(bundle / "scored.csv")]
    started = time.monotonic()
    process = os.posix_spawnp("node", [*words, "--workers", str(workers), "--force", "--text", "comment"], os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = time.monotonic() - started
    assert os.waitstatus_to_exitcode(status) == 0, status
    return {
        "bundle": bundle.name,
        "workers": workers,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_rss_mb": usage.ru_maxrss // 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=Path, help="CSV or JSONL with a column text, to train vocabularies on; default: the fixture")
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    texts = read_texts(*((arguments.texts, "text") if arguments.texts else (FEEDBACK, "comment")))
    for shape in arguments.shapes:
        bundle = arguments.out / shape
        if not (bundle / "bundle.json").exists():
            make_bundle(shape, bundle, texts)
        size = (bundle / "model.onnx").stat().st_size
        for workers in arguments.workers:
            print(json.dumps(score(bundle, workers) | {"model_bytes": size}))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
