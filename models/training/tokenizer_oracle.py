"""Writes what the Rust tokenizers make of the fixtures' texts and of hostile ones, for voxpop's own tests.

python tokenizer_oracle.py ../../test/predictor/oracle

One JSON file per kind: versions, tokenizer.json, [text, ids] cases, and the known differences: texts that voxpop
splits otherwise, because its Unicode tables are newer than the reference's. XLM-R's also has the cases of tokenizers
that differ from it in how they normalise and split, as published ones do. `shipped.json` has the cases of the bundles
in models/, by the SHA-256 of their tokenizer.json: run it again when one of those changes.
"""

import csv
import hashlib
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, normalizers
from tokenizers.pre_tokenizers import ByteLevel, Metaspace, Sequence, Split

from tokenizer_kinds import train_bert, train_byte_level, train_xlm_roberta

MODELS = Path(__file__).parents[1]
FEEDBACK = Path(__file__).parents[2] / "fixtures/feedback.csv"
HOSTILE = [
    "ﬁne ＡＢＣ ① ½ tea",  # compatibility characters
    "ｶﾞﾗｽ ｶ\u3099 e\u0301te\u0301 cafe\u0301",  # marks, composed and not
    "ﬁ\u0301 ①\u20e3 a\u200db",  # a grapheme is replaced as a whole by what its beginning becomes
    "tab\there\r\nand\u00a0no\u2009break\u3000wide",
    "zero\u200bwidth soft\u00adhyphen \u0001control",
    "a▁b ▁▁ c▁",  # the sign for a space, written in a text
    "𠀀𠮷𫝀 好吃",  # ideographs beyond U+FFFF
    "ΣΑΣ İstanbul ŞİŞ",  # letters whose lower case depends on place or language
    "👍🏽👨‍👩‍👧🇩🇪 ok",
    "เยี่ยมมาก नमस्ते مُمتاز 한국어 각",
    "unknown: ꙮ ꙮꙮ ⵣ",
    "so-called 'quotes' «angles» — dash… 50% $5 #1 @you",
    "x" * 120,  # longer than WordPiece looks at
]
# What stands at a space: characters that become one, vanish, or join what is before or after it.
AT_SPACES = [
    "good  bad   good",
    "good \u200b bad good\u200b bad",
    "good \u0001 bad \u00adgood",
    "good \u0301bad good\u0301 bad",
    "good \u2581bad good\u2581 bad \u2581 good\u2581bad",
    "good \u00a0bad good\u3000 bad",
    "good \r\n bad.\r\nGood\n\nbad",
    "good \u200dbad good\u200d bad",
    "good \u0600 bad \u06dd",
    "good\ufffe \ufffe bad",
    "a\ufe0f 1\ufe0f\u20e3 e\u0301 \U0001f44d\U0001f3fd a\U0001f3fd",
]
# Where tokens are added.
WITH_TOKENS = [
    "hi <user> there<user>, <us and <USER>",
    "<user>",
    "<user><user> <us<user> ",
    "goodness good. Good GOOD",
    "straße Straße STRASSE",
    "don't n't n't. n'tx it n't",
    "a <l> b  <l>  c<l>",
    "a <r> b  <r>  c<r>",
    "a <b> b  <b>  <b> c<b> <l> <r> <l>",
    "a\u00a0<user>\u3000<b>\u200b<user> \u0301",
]
# As older and newer versions of transformers write XLM-R's kind.
JOIN_SPACES = {" ": normalizers.Replace(Regex(" {2,}"), " "), "\u2581": normalizers.Replace(Regex(" {2,}"), "\u2581")}
# Nothing that is seen: the text is empty then.
INVISIBLE = ["\u0307", "\u0640", "a\u200b", "\u2581", "\u200b a \u200b"]
# Nothing that is seen is no text to voxpop, whatever a normaliser leaves of it.
NOT_SEEN = ["\u200b", "\ufe0f", "\u200b \u200d"]
NEWER_UNICODE = ["a\u061db", "a\u2e52b", "a\u0890b"]
# Few rules keep the file small; the whole table of nmt_nfkc is compared by compare_tokens.py.
RULES = {
    **{chr(0xFF21 + at): chr(0x41 + at) for at in range(26)},
    **{space: " " for space in "\t\n\r\u00a0\u2009\u200b\u3000\u2581"},
    **{"\u0001": "", "\u00ad": "", "\ufb01": "fi", "\u2460": "1", "\u00bd": "1\u20442", "\u2026": "..."},
    **{"e\u0301": "\u00e9", "\uff76": "\u30ab", "\uff76\uff9e": "\u30ac", "\u30ab\u3099": "\u30ac", "\uff97": "\u30e9", "\uff7d": "\u30b9"},
}


def write_rules(path: Path) -> None:
    def code_points(text: str) -> str:
        return " ".join(f"{ord(character):X}" for character in text)

    path.write_text("".join(f"{code_points(old)}\t{code_points(new)}\n" for old, new in RULES.items()))


def xlm_roberta_variants(tokenizer: Tokenizer) -> list[Tokenizer]:
    precompiled = tokenizer.normalizer
    splits = [Metaspace(), Metaspace(prepend_scheme="never"), Metaspace(split=False), tokenizer.pre_tokenizer]
    kinds = [
        ([precompiled, JOIN_SPACES[" "]], splits[0]),
        ([precompiled, normalizers.Strip(left=False, right=True), JOIN_SPACES["\u2581"]], splits[0]),
        ([precompiled], splits[0]),
        ([precompiled, JOIN_SPACES[" "]], splits[1]),
        ([precompiled, JOIN_SPACES[" "]], splits[2]),
        ([precompiled, JOIN_SPACES[" "]], splits[3]),
    ]
    variants = []
    for steps, split in kinds:
        changed = Tokenizer.from_str(tokenizer.to_str())
        changed.normalizer = normalizers.Sequence(steps)
        changed.pre_tokenizer = split
        variants.append(changed)
    return [*variants, *map(with_tokens, variants[:3])]


def with_tokens(tokenizer: Tokenizer) -> Tokenizer:
    """Of every kind that can be added, and some that begin alike or are found only in the normal form."""
    changed = Tokenizer.from_str(tokenizer.to_str())
    changed.add_tokens(["<user>", "<us", "good", AddedToken("Straße", normalized=False), AddedToken("n't", single_word=True)])
    changed.add_tokens(
        [AddedToken("<l>", lstrip=True), AddedToken("<r>", rstrip=True, normalized=False), AddedToken("<b>", lstrip=True, rstrip=True)]
    )
    return changed


def variant(tokenizer: Tokenizer, texts: list[str]) -> dict:
    content = json.loads(tokenizer.to_str())
    return {
        "changes": {key: content[key] for key in ("normalizer", "pre_tokenizer", "added_tokens")},
        "cases": [[text, tokenizer.encode(text).ids] for text in texts],
    }


def write_case(path: Path, tokenizer: Tokenizer, texts: list[str], known_differences: list[str], variants: list[Tokenizer]) -> None:
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    plain = [text for text in texts if not any(token in text for token in special)]
    content = {
        "made_by": {name: version(name) for name in ("tokenizers", "sentencepiece", "transformers")},
        "tokenizer": json.loads(tokenizer.to_str()),
        "cases": [[text, tokenizer.encode(text).ids] for text in plain],
        "known_differences": [[text, tokenizer.encode(text).ids] for text in known_differences],
        "variants": [variant(changed, [text.strip() for text in AT_SPACES + WITH_TOKENS]) for changed in variants],
    }
    path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


def shipped_cases(texts: list[str]) -> list[dict]:
    bundles: dict[str, list[Path]] = {}
    for path in sorted(MODELS.glob("*/tokenizer.json")):
        bundles.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), []).append(path)
    kinds = []
    for sha256, paths in bundles.items():
        tokenizer = Tokenizer.from_file(str(paths[0]))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
        plain = [text for text in texts if not any(token in text for token in special)]
        kinds.append(
            {
                "sha256": sha256,
                "bundles": [path.parent.name for path in paths],
                "cases": [[text, tokenizer.encode(text).ids] for text in plain],
                "known_differences": [[text, tokenizer.encode(text).ids] for text in NOT_SEEN],
            }
        )
    return kinds


def main() -> None:
    out = Path(sys.argv[1])
    out.mkdir(exist_ok=True)
    with FEEDBACK.open(encoding="utf-8", newline="") as file:
        texts = [row["comment"].strip() for row in csv.DictReader(file)]
    texts = sorted({text for text in texts if text})
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "rules.tsv")
        write_rules(rules)
        xlm_roberta = train_xlm_roberta(texts, 700, normalization_rule_tsv=str(rules), character_coverage=0.985)
    cases = [text.strip() for text in texts[::4] + HOSTILE + AT_SPACES]
    shipped = {
        "made_by": {"tokenizers": version("tokenizers")},
        "tokenizers": shipped_cases([text.strip() for text in texts + HOSTILE + AT_SPACES + INVISIBLE]),
    }
    Path(out, "shipped.json").write_text(json.dumps(shipped, ensure_ascii=False) + "\n", encoding="utf-8")
    write_case(out / "xlm-roberta.json", xlm_roberta, cases, [], xlm_roberta_variants(xlm_roberta))
    for name, lowercase in (("bert-cased", False), ("bert-uncased", True)):
        bert = train_bert(texts, 1500, lowercase)
        write_case(out / f"{name}.json", bert, cases, NEWER_UNICODE, [with_tokens(bert)])
    byte_level = train_byte_level(texts, 900)
    prefixed = Tokenizer.from_str(byte_level.to_str())
    prefixed.pre_tokenizer = ByteLevel(add_prefix_space=True)
    split = Tokenizer.from_str(byte_level.to_str())
    split.pre_tokenizer = Sequence(
        [
            Split(Regex(r" ?[\p{L}\p{M}]{1,8}|\d{1,3}|\s+|[^\s\p{L}\p{M}\d]+"), "isolated"),
            ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    normal = Tokenizer.from_str(byte_level.to_str())
    normal.normalizer = normalizers.Sequence(
        [normalizers.Strip(), normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace("$", "$&")]
    )
    write_case(out / "byte-level.json", byte_level, cases, [], [prefixed, split, normal, with_tokens(byte_level)])


if __name__ == "__main__":
    main()
