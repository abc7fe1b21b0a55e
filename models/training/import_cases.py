"""Small checkpoints as transformers saves them, and runs of the importer and of voxpop, for import_test.py."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DebertaV2Config,
    DebertaV2ForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

import import_checkpoint
from refusal import Refusal

ROOT = Path(__file__).parents[2]
SENTIMENT = ["negative", "neutral", "positive"]
TOPICS = ["service", "price", "food", "other"]
BERT_SIZE = dict(hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96, initializer_range=0.3)
# Of 64 tokens each, and with weights large enough to matter.
KINDS = {
    "xlm-roberta": (XLMRobertaConfig, XLMRobertaForSequenceClassification, BERT_SIZE | dict(max_position_embeddings=66, type_vocab_size=1)),
    "roberta": (RobertaConfig, RobertaForSequenceClassification, BERT_SIZE | dict(max_position_embeddings=66, type_vocab_size=1)),
    "bert": (BertConfig, BertForSequenceClassification, BERT_SIZE | dict(max_position_embeddings=64)),
    "distilbert": (
        DistilBertConfig,
        DistilBertForSequenceClassification,
        dict(dim=48, n_layers=2, n_heads=4, hidden_dim=96, max_position_embeddings=64, initializer_range=0.3),
    ),
    "deberta-v2": (
        DebertaV2Config,
        DebertaV2ForSequenceClassification,
        BERT_SIZE
        | dict(max_position_embeddings=64, relative_attention=True, position_buckets=16, norm_rel_ebd="layer_norm", share_att_key=True)
        | dict(pos_att_type=["p2c", "c2p"], position_biased_input=False, type_vocab_size=0),
    ),
}
PADS = ("<pad>", "[PAD]")


def make_model(kind: str, tokenizer: Tokenizer, labels: list[str], seed: int = 7, **changes: object) -> PreTrainedModel:
    config_class, model_class, size = KINDS[kind]
    pad = next(id for id in map(tokenizer.token_to_id, PADS) if id is not None)
    torch.manual_seed(seed)
    names = dict(vocab_size=tokenizer.get_vocab_size(), pad_token_id=pad, id2label=dict(enumerate(labels)))
    return model_class(config_class(**names, **(size | changes))).eval()


def two_heads(kind: str, tokenizer: Tokenizer) -> dict[str, PreTrainedModel]:
    """A head with one label of three and one with any of four, over one encoder."""
    sentiment = make_model(kind, tokenizer, SENTIMENT)
    topic = make_model(kind, tokenizer, TOPICS, problem_type="multi_label_classification")
    weights = {name: values for name, values in sentiment.base_model.state_dict().items() if not name.startswith("pooler.")}
    topic.base_model.load_state_dict(weights, strict=False)
    return {"sentiment": sentiment, "topic": topic}


def save(folder: Path, model: PreTrainedModel, tokenizer: Tokenizer, **tokenizer_config: object) -> Path:
    """A checkpoint as transformers writes it."""
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **tokenizer_config).save_pretrained(folder)
    return folder


def edit(path: Path, **changes: object) -> None:
    """Changes keys of a JSON file; None leaves a key out."""
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}), encoding="utf-8")


def changed(tokenizer: Tokenizer, change: Callable[[Tokenizer], object]) -> Tokenizer:
    copy = Tokenizer.from_str(tokenizer.to_str())
    change(copy)
    return copy


def run_import(*words: object) -> dict:
    """The bundle.json of what was imported."""
    arguments = import_checkpoint.parse(list(map(str, words)))
    import_checkpoint.build(arguments)
    return json.loads((arguments.out / "bundle.json").read_text(encoding="utf-8"))


def refusal(*words: object) -> Refusal:
    out = Path(words[words.index("--out") + 1]) if "--out" in words else None
    before = sorted(out.iterdir()) if out and out.is_dir() else None
    try:
        run_import(*words)
    except Refusal as error:
        after = sorted(out.iterdir()) if out and out.is_dir() else None
        assert before == after, "a refusal leaves nothing behind"
        return error
    raise AssertionError(f"expected a refusal of {words}")


def node(script: str, *words: object, lines: list[str] | None = None) -> str:
    done = subprocess.run(["node", ROOT / script, *map(str, words)], input="\n".join(lines or []), capture_output=True, text=True)
    assert done.returncode == 0, f"{script} {words}: {done.stderr}"
    return done.stdout


def verify(bundle: Path) -> str:
    """What `voxpop model verify` says of the probes."""
    lines = node("bin/voxpop.js", "model", "verify", bundle).splitlines()
    return next(line for line in lines if "probes" in line and "files" not in line)


def voxpop(bundle: Path, texts: list[str]) -> list[dict]:
    """Token ids and logits by task, of every text."""
    out = node("dist/test/support/print-logits.js", bundle, lines=[json.dumps(text) for text in texts])
    return [json.loads(line) for line in out.splitlines()]


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target
