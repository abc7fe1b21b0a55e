"""Imports small checkpoints of every kind, saved by transformers, and runs them with voxpop: right, or refused in words.

python import_test.py          (after `npm ci && npm run build` in the repository's root)

Prints a line per variant.
"""

import csv
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Regex, Tokenizer, normalizers
from tokenizers.pre_tokenizers import Metaspace
from transformers import BertModel, PreTrainedModel

from import_cases import SENTIMENT, TOPICS, changed, copy, edit, make_model, node, refusal, run_import, save, two_heads, verify, voxpop
from import_refusals import check_refusals
from tokenizer_kinds import train_bert, train_byte_level, train_xlm_roberta

FEEDBACK = Path(__file__).parents[2] / "fixtures/feedback.csv"
TOLERANCE = 1e-4
LICENSE = ("--license", "mit")
# A made-up language, for a model that learns something.
WORDS = {"bad": "mala", "good": "bona", "room": "camra", "staff": "gentu", "price": "pretsu", "and": "e", "very": "multu", "crash": "krak"}


def told(what: str, outcome: str) -> None:
    print(f"| {what} | {outcome} |", flush=True)


def torch_logits(model: PreTrainedModel, ids: list[int]) -> np.ndarray:
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long)).logits[0].numpy()


def check_kind(folder: Path, kind: str, architecture: str, tokenizer: Tokenizer, texts: list[str]) -> None:
    """Two heads: ids as the Rust tokenizers give them, logits as torch does; lengths are mixed, so texts are padded."""
    models = two_heads(kind, tokenizer)
    checkpoints = [f"{task}={save(folder / task, model, tokenizer)}" for task, model in models.items()]
    bundle = folder / "bundle"
    assert "licence" in str(refusal(*checkpoints, "--out", bundle))
    about = run_import(*checkpoints, "--out", bundle, *LICENSE, "--languages", "en,de")
    assert (about["architecture"], about["max_length"]) == (architecture, 64), about
    assert [task["labels"] for task in about["tasks"]] == [SENTIMENT, TOPICS]
    probes = verify(bundle)

    tokenizer = changed(tokenizer, lambda copy: copy.enable_truncation(64))
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
    told(f"{architecture}, two heads", f"{len(texts)} texts within {largest:.1e} of torch; {probes}")
    if tokenizer.to_str().find('"type":"BPE"') >= 0:
        (folder / "some.jsonl").write_text(json.dumps({"comment": texts[0]}))
        trim = ("--trim-vocab", folder / "some.jsonl", "--text-column", "comment")
        assert "expected a Unigram or WordPiece tokenizer to trim" in str(
            refusal(*checkpoints, "--out", folder / "trimmed", *LICENSE, *trim)
        )
        return

    # With the vocabulary cut down, the same texts have the same logits.
    trimmed = folder / "trimmed"
    some = texts[: len(texts) // 4]
    (folder / "some.jsonl").write_text("".join(json.dumps({"comment": text}) + "\n" for text in some))
    run_import(*checkpoints, "--out", trimmed, *LICENSE, "--trim-vocab", folder / "some.jsonl", "--text-column", "comment")
    fewer = Tokenizer.from_file(str(trimmed / "tokenizer.json")).get_vocab_size()
    assert fewer < tokenizer.get_vocab_size(), fewer
    for before, after in zip(scored, voxpop(trimmed, some), strict=False):
        for task in models:
            assert np.abs(np.subtract(before["logits"][task], after["logits"][task])).max() < TOLERANCE
    told(f"{architecture}, trimmed", f"{fewer} of {tokenizer.get_vocab_size()} pieces; {verify(trimmed)}")


def check_variants(folder: Path, xlm_roberta: Tokenizer, bert: Tokenizer) -> None:
    """One thing is unusual in each; the ids and logits are those of transformers all the same."""
    folder.mkdir()

    def accept(what: str, checkpoint: Path, *words: object) -> dict:
        out = folder / f"bundle-{checkpoint.name}"
        about = run_import(
            f"a={checkpoint}", "--out", out, *([] if "no-license" in words else LICENSE), *[word for word in words if word != "no-license"]
        )
        told(what, verify(out))
        return about

    xlm_roberta_model, bert_model = make_model("xlm-roberta", xlm_roberta, SENTIMENT), make_model("bert", bert, SENTIMENT)
    plain = save(folder / "plain", bert_model, bert)
    tokens = ["<user>", AddedToken("<url>", normalized=False, rstrip=True), AddedToken("ok", single_word=True)]
    for name, tokenizer, kind in (("unigram", xlm_roberta, "xlm-roberta"), ("wordpiece", bert, "bert")):
        added = changed(tokenizer, lambda copy: copy.add_tokens(tokens))
        accept(f"added tokens, {name}", save(folder / f"added-{name}", make_model(kind, added, SENTIMENT), added))
    joined = normalizers.Sequence([xlm_roberta.normalizer, normalizers.Replace(Regex(" {2,}"), " ")])
    older = changed(xlm_roberta, lambda copy: (setattr(copy, "pre_tokenizer", Metaspace()), setattr(copy, "normalizer", joined)))
    accept("Metaspace alone, as in older files", save(folder / "older", xlm_roberta_model, older))

    short = accept("model_max_length 20", save(folder / "short", bert_model, bert, model_max_length=20))
    assert short["max_length"] == 20, short
    lowered = copy(plain, folder / "lowered")
    edit(lowered / "tokenizer_config.json", do_lower_case=True, tokenizer_class="BertTokenizer")
    accept("do_lower_case over a cased tokenizer.json", lowered)
    unpadded = copy(plain, folder / "unpadded")
    edit(unpadded / "config.json", pad_token_id=None)
    config = (unpadded / "config.json").read_text()
    (unpadded / "config.json").write_text(config[:-1] + ', "pad_token_id": null}')
    accept("pad_token_id null", unpadded)
    unsaid = copy(plain, folder / "unsaid")
    edit(unsaid / "config.json", architectures=None)
    accept("architectures missing, --assume-classifier", unsaid, "--assume-classifier")
    pooled = save(folder / "pooled", xlm_roberta_model, xlm_roberta)
    weights = load_file(pooled / "model.safetensors") | {"roberta.pooler.dense.weight": torch.ones(48, 48), "lm_head.bias": torch.ones(9)}
    save_file(weights, pooled / "model.safetensors", metadata={"format": "pt"})
    left_out = accept("weights of no use to the head", pooled)["provenance"]["left_out"]
    assert left_out == ["lm_head.bias", "roberta.pooler.dense.weight"], left_out

    one_logit = save(folder / "one-logit", make_model("bert", bert, ["toxic"]), bert)
    task = accept("one logit, labels of both sides given", one_logit, "--labels", "a=fine,toxic")["tasks"][0]
    assert (task["labels"], task["problem_type"]) == (["fine", "toxic"], "single_label_classification"), task
    any_of_one = save(folder / "any-of-one", make_model("bert", bert, ["toxic"], problem_type="multi_label_classification"), bert)
    assert accept("one logit, multi-label", any_of_one)["tasks"][0]["thresholds"] == [0.5]
    for name, card, expected in (
        ("list", "---\nlicense:\n- mit\n- apache-2.0\n---\n", "mit, apache-2.0"),
        ("quoted", '---\ntags: [a]\nlicense: "cc-by-4.0"\n---\n', "cc-by-4.0"),
    ):
        licensed = copy(plain, folder / name)
        (licensed / "README.md").write_text(card)
        found = accept(f"licence in the card, {name}", licensed, "no-license")["license"]
        assert found == expected, found
    check_bodies(folder, plain, accept)

    # A bundle that is there is replaced when asked, and its card stays.
    out = folder / "bundle-plain"
    run_import(f"a={plain}", "--out", out, *LICENSE)
    (out / "README.md").write_text("mine")
    assert "--force replaces it" in str(refusal(f"a={plain}", "--out", out, *LICENSE))
    renamed = run_import(f"a={plain}", "--out", out, *LICENSE, "--force", "--labels", "a=bad,so so,good")
    assert renamed["tasks"][0]["labels"] == ["bad", "so so", "good"] and (out / "README.md").read_text() == "mine"
    told("other names for labels; a bundle replaced with --force, its card kept", verify(out))


def check_bodies(folder: Path, plain: Path, accept: object) -> None:
    """Bodies of sentence-transformers, with a linear head beside them."""
    rng = np.random.default_rng(1)
    transformer, pooling, dense, normalize = (
        {"path": path, "type": f"sentence_transformers.models.{name}"}
        for path, name in (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Dense", "Dense"), ("3_Normalize", "Normalize"))
    )
    for name, mode, modules, size, logits in (
        ("mean", "pooling_mode_mean_tokens", [transformer, pooling, normalize], 48, 4),
        ("cls", "pooling_mode_cls_token", [transformer, pooling, dense], 32, 1),
        ("max", "pooling_mode_max_tokens", [transformer, pooling], 48, 3),
    ):
        body = copy(plain, folder / f"body-{name}")
        BertModel.from_pretrained(plain).save_pretrained(body)
        (body / "1_Pooling").mkdir()
        (body / "1_Pooling/config.json").write_text(json.dumps({"word_embedding_dimension": 48, mode: True}))
        (body / "2_Dense").mkdir()
        about = dict(in_features=48, out_features=32, bias=True, activation_function="torch.nn.modules.activation.Tanh")
        (body / "2_Dense/config.json").write_text(json.dumps(about))
        save_file({"linear.weight": torch.randn(32, 48), "linear.bias": torch.randn(32)}, body / "2_Dense/model.safetensors")
        (body / "modules.json").write_text(json.dumps(modules))
        (body / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 32, "do_lower_case": False}))
        labels = TOPICS[: max(2, logits)]
        np.savez(folder / f"{name}.npz", weight=rng.normal(size=(logits, size)), bias=rng.normal(size=logits), labels=labels)
        found = accept(f"sentence-transformers, {name} pooling, linear head", body, "--head", f"a={folder / name}.npz")
        assert found["max_length"] == 32 and found["tasks"][0]["labels"] == labels, found


def made_up(rng: random.Random) -> tuple[str, int]:
    """A text in a made-up language, and its sentiment."""
    mood = rng.choice(["bad", None, "good"])
    meanings = [*rng.sample(["room", "staff", "price", "and", "very", "crash"], 3), *([mood] if mood else [])]
    rng.shuffle(meanings)
    return " ".join(WORDS[meaning] for meaning in meanings), ["bad", None, "good"].index(mood)


def check_int8(folder: Path) -> None:
    """A trained model keeps its labels; the bundle says how many, and a text's labels do not depend on its neighbours."""
    rng = random.Random(5)
    rows = [made_up(rng) for _ in range(1500)]
    texts = [text for text, _ in rows]
    tokenizer = train_xlm_roberta(texts, 80)
    model = make_model("xlm-roberta", tokenizer, SENTIMENT).train()
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
    checkpoint = f"sentiment={save(folder / 'sentiment', model.eval(), tokenizer)}"
    (folder / "texts.csv").write_text("text\n" + "\n".join(texts))
    run_import(checkpoint, "--out", folder / "fp32", *LICENSE)
    about = run_import(checkpoint, "--out", folder / "int8", *LICENSE, "--calibrate", folder / "texts.csv")
    assert sorted(path.name for path in (folder / "int8").iterdir()) == [
        "README.md",
        "bundle.json",
        "model.onnx",
        "probes.json",
        "tokenizer.json",
    ]
    tables = [t.name for t in onnx.load(folder / "int8/model.onnx").graph.initializer if t.name.endswith("word_embeddings.weight_int8")]
    assert len(tables) == 1, "the table of pieces is int8"
    assert about["provenance"]["int8"]["label_agreement_with_fp32"]["sentiment"] >= 0.98, about["provenance"]
    assert "int8" in node("bin/voxpop.js", "model", "show", folder / "int8")
    best = [[int(np.argmax(line["logits"]["sentiment"])) for line in voxpop(folder / kind, texts)] for kind in ("fp32", "int8")]
    agreement, right = (float(np.mean(np.equal(best[1], other))) for other in (best[0], [label for _, label in rows]))
    assert agreement >= 0.98 and right > 0.9, (agreement, right)
    told(
        "int8, a trained model",
        f"{agreement:.2%} of {len(texts)} texts have fp32's label, {right:.1%} the right one; {verify(folder / 'int8')}",
    )


def main() -> None:
    started, cpu = time.monotonic(), time.process_time()
    torch.set_num_threads(1)
    with FEEDBACK.open(encoding="utf-8", newline="") as file:
        # Blanks around a text are left out by voxpop alone.
        texts = [row["comment"].strip() for row in csv.DictReader(file) if row["comment"].strip()]
    texts = sorted(set(texts), key=texts.index) + ["𠀀𠮷 ﬁne ①", "½ ｶﾞ 한국어 e\u0301", "İstanbul's ΣΑΣ"]
    xlm_roberta, bert = train_xlm_roberta(texts, 800), train_bert(texts, 1600, lowercase=False)
    uncased, byte_level = train_bert(texts, 1600, lowercase=True), train_byte_level(texts, 900)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, architecture, tokenizer in (
            ("xlm-roberta", "xlm-roberta", xlm_roberta),
            ("bert", "bert", bert),
            ("bert", "minilm", xlm_roberta),
            ("distilbert", "distilbert", uncased),
            ("roberta", "roberta", byte_level),
            ("deberta-v2", "deberta-v2", xlm_roberta),
        ):
            check_kind(folder / architecture, kind, architecture, tokenizer, texts)
        check_variants(folder / "variants", xlm_roberta, bert)
        (folder / "int8").mkdir()
        check_int8(folder / "int8")
        for what, words in check_refusals(folder / "refusals", xlm_roberta, bert, texts):
            told(what, f"refused: {words}")
    print(f"import test passed in {time.monotonic() - started:.0f} s, {time.process_time() - cpu:.0f} s of CPU", file=sys.stderr)


if __name__ == "__main__":
    main()
