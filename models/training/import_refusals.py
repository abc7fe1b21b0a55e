"""What cannot become a bundle, and the words in which the importer says so; part of import_test.py."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer
from tokenizers.pre_tokenizers import Metaspace, Sequence, Whitespace, WhitespaceSplit
from torch import nn
from transformers import BertModel

from heads import refuse_too_large
from import_cases import SENTIMENT, TOPICS, changed, copy, edit, make_model, refusal, save, two_heads
from refusal import GATE, USAGE, Refusal

LICENSE = ("--license", "mit")


def check_refusals(folder: Path, xlm_roberta: Tokenizer, bert: Tokenizer, texts: list[str]) -> list[tuple[str, str]]:
    """(what it is, the words) of each."""
    folder.mkdir()
    out = folder / "out"
    said: list[tuple[str, str]] = []

    def expect(what: str, words: str, *arguments: object, status: int = USAGE) -> None:
        error = refusal(*arguments, *(() if "--out" in arguments else ("--out", out)), *LICENSE)
        assert words in str(error) and error.status == status, f"{what}: {error}"
        said.append((what, words))

    models = two_heads("bert", bert)
    one = save(folder / "one", models["sentiment"], bert)
    two = save(folder / "two", models["topic"], bert)

    def twin(name: str) -> Path:
        return copy(two, folder / name)

    def variant(name: str) -> Path:
        return copy(one, folder / name)

    # Several heads, and not one encoder.
    other = twin("other-values")
    weights = load_file(other / "model.safetensors")
    weights["bert.embeddings.word_embeddings.weight"][0] += 1
    save_file(weights, other / "model.safetensors", metadata={"format": "pt"})
    expect("two heads, other weights", "share one encoder, found other values", f"a={one}", f"b={other}")
    swapped = twin("swapped-ids")
    tokenizer = json.loads(bert.to_str())
    vocab = tokenizer["model"]["vocab"]
    first, second = [piece for piece in vocab if piece.isalpha()][:2]
    vocab[first], vocab[second] = vocab[second], vocab[first]
    edit(swapped / "tokenizer.json", model=tokenizer["model"])
    expect("two heads, two ids of the tokenizer swapped", "share one tokenizer, found another model", f"a={one}", f"b={swapped}")
    relu = twin("relu")
    edit(relu / "config.json", hidden_act="relu")
    expect("two heads, relu and gelu", 'found hidden_act "gelu" and "relu"', f"a={one}", f"b={relu}")
    shallow = twin("shallow")
    weights = {name: values for name, values in load_file(shallow / "model.safetensors").items() if ".layer.1." not in name}
    save_file(weights, shallow / "model.safetensors", metadata={"format": "pt"})
    edit(shallow / "config.json", num_hidden_layers=1)
    expect("two heads, one layer of two", "found num_hidden_layers 2 and 1", f"a={one}", f"b={shallow}")

    # Tokenizers.
    def with_tokenizer(name: str, tokenizer: Tokenizer, **config: object) -> str:
        return f"a={save(folder / name, models['sentiment'], tokenizer, **config)}"

    first_only = Sequence([WhitespaceSplit(), Metaspace(prepend_scheme="first")])
    prefixed = changed(xlm_roberta, lambda copy: setattr(copy, "pre_tokenizer", first_only))
    path = save(folder / "first", make_model("xlm-roberta", xlm_roberta, SENTIMENT), prefixed)
    expect("WhitespaceSplit + Metaspace first", "found Unigram with WhitespaceSplit, Metaspace first", f"a={path}")
    at_words = changed(bert, lambda copy: setattr(copy, "pre_tokenizer", Whitespace()))
    expect("BERT with Whitespace", "found WordPiece with Whitespace", with_tokenizer("whitespace", at_words))
    larger = changed(bert, lambda copy: copy.add_tokens([AddedToken("<user>")]))
    expect("a token added without a row for it", "expected a row in the model's table for every token id", with_tokenizer("larger", larger))
    expect("texts cut at their start", "found truncation_side left", with_tokenizer("left", bert, truncation_side="left"))

    # Models.
    relative = variant("relative-key")
    edit(relative / "config.json", position_embedding_type="relative_key")
    expect("relative_key", 'found position_embedding_type "relative_key"', f"a={relative}")
    second_head = variant("second-head")
    extra = load_file(second_head / "model.safetensors") | {"second_classifier.weight": torch.zeros(3, 48)}
    save_file(extra, second_head / "model.safetensors", metadata={"format": "pt"})
    expect("a second head in the weights", "found second_classifier.weight", f"a={second_head}")
    for key, value in (
        ("is_decoder", True),
        ("quantization_config", {"quant_method": "bitsandbytes"}),
        ("auto_map", {"AutoConfig": "own.Config"}),
    ):
        strange = variant(f"with-{key}")
        edit(strange / "config.json", **{key: value})
        expect(key, f"expected an encoder as transformers has it, found {key}", f"a={strange}")
    albert = variant("albert")
    edit(albert / "config.json", model_type="albert")
    expect("another architecture", "expected model_type xlm-roberta, roberta, bert", f"a={albert}")
    unsaid = variant("no-architectures")
    edit(unsaid / "config.json", architectures=None)
    expect("architectures missing", "say so with --assume-classifier", f"a={unsaid}")
    masked = variant("masked-lm")
    edit(masked / "config.json", architectures=["BertForMaskedLM"])
    expect("another head", "with a trained head, found BertForMaskedLM", f"a={masked}", "--assume-classifier")
    bare = folder / "bare"
    make_model("bert", bert, SENTIMENT).base_model.save_pretrained(bare)
    edit(bare / "config.json", architectures=["BertForSequenceClassification"])
    expect("no head in the weights", "found none that fit for classifier.bias", f"a={bare}")
    adapter = variant("adapter")
    (adapter / "adapter_config.json").write_text("{}")
    expect("an adapter", "merge it into its base first", f"a={adapter}")
    expect("no checkpoint", "found no config.json there", f"a={folder / 'nothing'}")

    # Labels.
    one_logit = save(folder / "one-logit", make_model("bert", bert, ["toxic"]), bert)
    expect(
        "one logit, without a word on what it is", "name the labels below and above a half with --labels a=below,above", f"a={one_logit}"
    )
    regression = save(folder / "regression", make_model("bert", bert, ["stars"], problem_type="regression"), bert)
    expect("a regression", "a number is no label", f"a={regression}")
    for labels, words in (
        (["bad;worse", "good", "other"], "labels that are words without a semicolon, found 'bad;worse'"),
        (["bad", "", "good"], "found ''"),
        (["bad", "good", "bad"], "expected every label once, found 'bad' twice"),
    ):
        labelled = variant(f"labels-{labels[0]}-{labels[1]}")
        edit(labelled / "config.json", id2label=dict(enumerate(labels)), label2id=None)
        expect(f"labels {labels}", words, f"a={labelled}")
    expect("too few labels given", "expected 3 labels, one per logit, found 2", f"a={one}", "--labels", "a=bad,good")
    expect("labels of no task", "expected one of the tasks a, found b", f"a={one}", "--labels", "b=bad,good")

    # Where it would go.
    expect("--out is the checkpoint", "expected another place than the checkpoint's own", f"a={one}", "--out", one)
    expect("--out holds the checkpoint", "expected another place than the checkpoint's own", f"a={one}", "--out", folder)
    notes = folder / "notes"
    notes.mkdir()
    (notes / "README.md").write_text("mine")
    expect("--out holds other files", "expected a new directory, found one with other files", f"a={one}", "--out", notes)

    # sentence-transformers.
    body = variant("body")
    BertModel.from_pretrained(one).save_pretrained(body)
    (body / "1_Pooling").mkdir()
    (body / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}))
    modules = [{"path": "", "type": "sentence_transformers.models.Transformer"}]
    modules += [{"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]
    (body / "modules.json").write_text(json.dumps(modules))
    np.savez(folder / "head.npz", weight=np.zeros((4, 48)), bias=np.zeros(4), labels=TOPICS)
    head = ("--head", f"a={folder / 'head.npz'}")
    expect("SetFit without its head given", "without a classifier that could be read safely: give its head as --head", f"a={body}")
    expect("two poolings at once", "expected one pooling among mean, cls, max, found mean, cls", f"a={body}", *head)
    (body / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    prompts = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    (body / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    expect("a default prompt", "found the default prompt 'query: '", f"a={body}", *head)
    try:
        refuse_too_large(nn.Linear(30_000, 20_000, device="meta"))
    except Refusal as error:
        assert "2.4 GB" in str(error), error
        said.append(("more than an ONNX file holds", "found 2.4 GB"))
    else:
        raise AssertionError("expected a refusal of 2.4 GB")
    calibration = folder / "texts.jsonl"
    calibration.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    # Random weights, and four labels of each text that may flip: some always do.
    strict = ("--calibrate", calibration, "--min-agreement", "1")
    expect("int8 that agrees too seldom", "--min-agreement is 100.0%", f"a={two}", *strict, status=GATE)
    return said
