"""Imports small checkpoints of every supported kind, saved by transformers, and runs them with voxpop.

python import_test.py          (after `npm ci && npm run build` in the repository's root)
"""

import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

import import_checkpoint
from checkpoint import refuse_too_large
from smoke_test import WORDS
from tokenizer_kinds import train_bert, train_xlm_roberta

ROOT = Path(__file__).parents[2]
FEEDBACK = ROOT / "fixtures/feedback.csv"
SENTIMENT = ["negative", "neutral", "positive"]
TOPICS = ["service", "price", "food", "other"]
TOLERANCE = 1e-4


def node(script: str, *words: object, lines: list[str] | None = None) -> str:
    done = subprocess.run(["node", ROOT / script, *map(str, words)], input="\n".join(lines or []), capture_output=True, text=True)
    assert done.returncode == 0, f"{script} {words}: {done.stderr}"
    return done.stdout


def voxpop(bundle: Path, texts: list[str]) -> list[dict]:
    """Token ids and logits by task, of every text."""
    out = node("dist/test/support/print-logits.js", bundle, lines=[json.dumps(text) for text in texts])
    return [json.loads(line) for line in out.splitlines()]


def make_models(kind: str, pieces: int, pad: int) -> dict[str, PreTrainedModel]:
    """A head with one label of three and one with any of four, over one encoder; weights are random, and large enough to matter."""
    torch.manual_seed(7)
    size = dict(vocab_size=pieces, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96)
    common = size | dict(initializer_range=0.3, pad_token_id=pad)
    config_class, model_class = (
        (XLMRobertaConfig, XLMRobertaForSequenceClassification) if kind == "xlm-roberta" else (BertConfig, BertForSequenceClassification)
    )
    places = dict(max_position_embeddings=66, type_vocab_size=1) if kind == "xlm-roberta" else dict(max_position_embeddings=64)
    models = {}
    for task, labels in (("sentiment", SENTIMENT), ("topic", TOPICS)):
        problem = "single_label_classification" if task == "sentiment" else "multi_label_classification"
        config = config_class(**common, **places, id2label=dict(enumerate(labels)), problem_type=problem)
        models[task] = model_class(config).eval()
    weights = {name: values for name, values in models["sentiment"].base_model.state_dict().items() if not name.startswith("pooler.")}
    models["topic"].base_model.load_state_dict(weights, strict=False)
    return models


def save(folder: Path, models: dict[str, PreTrainedModel], tokenizer: Tokenizer) -> list[str]:
    """Checkpoints as transformers writes them; returns task=directory of each."""
    for task, model in models.items():
        model.save_pretrained(folder / task)
        PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder / task)
    return [f"{task}={folder / task}" for task in models]


def run_import(*words: object) -> None:
    import_checkpoint.build(import_checkpoint.parse(list(map(str, words))))


def refusal(*words: object) -> str:
    try:
        run_import(*words)
    except SystemExit as error:
        return str(error)
    raise AssertionError(f"expected a refusal of {words}")


def torch_logits(model: PreTrainedModel, ids: list[int]) -> np.ndarray:
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long)).logits[0].numpy()


def check_kind(folder: Path, kind: str, architecture: str, tokenizer: Tokenizer, texts: list[str]) -> None:
    pad = next(tokenizer.token_to_id(token) for token in ("<pad>", "[PAD]") if tokenizer.token_to_id(token) is not None)
    models = make_models(kind, tokenizer.get_vocab_size(), pad)
    checkpoints = save(folder, models, tokenizer)
    bundle = folder / "bundle"
    assert "licence" in refusal(*checkpoints, "--out", bundle)
    run_import(*checkpoints, "--out", bundle, "--license", "mit", "--languages", "en,de")
    about = json.loads((bundle / "bundle.json").read_text())
    assert (about["architecture"], about["max_length"], about["pad_token_id"]) == (architecture, 64, pad), about
    assert [task["labels"] for task in about["tasks"]] == [SENTIMENT, TOPICS]
    node("bin/voxpop.js", "model", "verify", bundle)

    # Ids as the Rust tokenizers give them, logits as torch does; lengths are mixed, so texts are padded.
    tokenizer.enable_truncation(64)
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    scored = voxpop(bundle, texts)
    largest = 0.0
    for text, line in zip(texts, scored, strict=True):
        # A special token written in a text is plain text for voxpop alone.
        if not any(token in text for token in special):
            assert line["ids"] == tokenizer.encode(text).ids, text
        for task, model in models.items():
            largest = max(largest, float(np.abs(torch_logits(model, line["ids"]) - line["logits"][task]).max()))
    spread = np.std([line["logits"]["sentiment"] for line in scored], axis=0).min()
    assert largest < TOLERANCE < 1e-2 < spread, (largest, spread)

    # With the vocabulary cut down, the same texts have the same logits.
    trimmed = folder / "trimmed"
    some = texts[: len(texts) // 4]
    (folder / "some.jsonl").write_text("".join(json.dumps({"comment": text}) + "\n" for text in some))
    run_import(*checkpoints, "--out", trimmed, "--license", "mit", "--trim-vocab", folder / "some.jsonl", "--text-column", "comment")
    fewer = Tokenizer.from_file(str(trimmed / "tokenizer.json")).get_vocab_size()
    assert fewer < tokenizer.get_vocab_size(), fewer
    for before, after in zip(scored, voxpop(trimmed, some), strict=False):
        for task in models:
            assert np.abs(np.subtract(before["logits"][task], after["logits"][task])).max() < TOLERANCE
    print(f"{architecture}: logits within {largest:.1e}; {fewer} of {tokenizer.get_vocab_size()} pieces after trimming", file=sys.stderr)


def made_up(rng: random.Random) -> tuple[str, int]:
    """A text in one of three made-up languages, and its sentiment."""
    language, mood = rng.choice(["en", "de", "zh"]), rng.choice(["bad", None, "good"])
    meanings = [*rng.sample(["room", "staff", "price", "and", "very", "crash"], 3), *([mood] if mood else [])]
    rng.shuffle(meanings)
    return " ".join(WORDS[meaning][language] for meaning in meanings), ["bad", None, "good"].index(mood)


def check_int8(folder: Path) -> None:
    """A trained model keeps its labels; the bundle is one file, and a text's labels do not depend on its neighbours."""
    rng = random.Random(5)
    rows = [made_up(rng) for _ in range(1500)]
    texts = [text for text, _ in rows]
    tokenizer = train_xlm_roberta(texts, 120)
    model = make_models("xlm-roberta", tokenizer.get_vocab_size(), 1)["sentiment"].train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    tokenizer.enable_padding(pad_id=1)
    for step in range(250):
        chosen = rng.sample(rows, 32)
        encoded = tokenizer.encode_batch([text for text, _ in chosen])
        ids, mask = (torch.tensor([getattr(each, key) for each in encoded]) for key in ("ids", "attention_mask"))
        loss = model(input_ids=ids, attention_mask=mask, labels=torch.tensor([label for _, label in chosen])).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step > 100 and loss.item() < 0.02:
            break
    tokenizer.no_padding()
    checkpoint = save(folder, {"sentiment": model.eval()}, tokenizer)
    (folder / "texts.csv").write_text("text\n" + "\n".join(texts))
    run_import(*checkpoint, "--out", folder / "fp32", "--license", "mit")
    run_import(*checkpoint, "--out", folder / "int8", "--license", "mit", "--calibrate", folder / "texts.csv")
    about = json.loads((folder / "int8/bundle.json").read_text())
    assert sorted(path.name for path in (folder / "int8").iterdir()) == ["README.md", "bundle.json", "model.onnx", "tokenizer.json"]
    tables = [t.name for t in onnx.load(folder / "int8/model.onnx").graph.initializer if t.name.endswith("word_embeddings.weight_int8")]
    assert len(tables) == 1, "the table of pieces is int8"
    assert about["provenance"]["int8"]["label_agreement_with_fp32"]["sentiment"] >= 0.98, about["provenance"]
    node("bin/voxpop.js", "model", "verify", folder / "int8")
    best = [[int(np.argmax(line["logits"]["sentiment"])) for line in voxpop(folder / kind, texts)] for kind in ("fp32", "int8")]
    agreement, right = (float(np.mean(np.equal(best[1], other))) for other in (best[0], [label for _, label in rows]))
    assert agreement >= 0.98 and right > 0.9, (agreement, right)
    print(f"int8: {agreement:.2%} of {len(texts)} texts have fp32's label, {right:.1%} the right one", file=sys.stderr)


def check_refusals(folder: Path, tokenizer: Tokenizer) -> None:
    """What cannot become a bundle is refused with its reason."""
    models = make_models("bert", tokenizer.get_vocab_size(), 0)
    with torch.no_grad():
        next(models["topic"].base_model.parameters())[0] += 1
    one, two = save(folder, models, tokenizer)
    assert "share one encoder" in refusal(one, two, "--out", folder / "out", "--license", "mit")
    config = folder / "topic/config.json"
    config.write_text(config.read_text().replace('"bert"', '"distilbert"'))
    assert "model_type" in refusal(two, "--out", folder / "out", "--license", "mit")
    try:
        refuse_too_large(nn.Linear(30_000, 20_000, device="meta"))
    except SystemExit as error:
        assert "2.4 GB" in str(error), error
    else:
        raise AssertionError("expected a refusal of 2.4 GB")


def main() -> None:
    started = time.monotonic()
    with FEEDBACK.open(encoding="utf-8", newline="") as file:
        texts = [row["comment"] for row in csv.DictReader(file) if row["comment"].strip()]
    texts = sorted(set(texts), key=texts.index) + ["𠀀𠮷 ﬁne ①", "½ ｶﾞ 한국어 e\u0301", "İstanbul's ΣΑΣ"]
    xlm_roberta, bert = train_xlm_roberta(texts, 800), train_bert(texts, 1600, lowercase=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_kind(folder / "xlm-roberta", "xlm-roberta", "xlm-roberta", xlm_roberta, texts)
        check_kind(folder / "mbert", "bert", "bert", bert, texts)
        xlm_roberta.no_truncation()
        check_kind(folder / "minilm", "bert", "minilm", xlm_roberta, texts)
        check_int8(folder / "int8")
        check_refusals(folder / "refusals", bert)
    print(f"import test passed in {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
