"""Writes what the Rust tokenizers make of the fixtures' texts and of hostile ones, for voxpop's own tests.

python tokenizer_oracle.py ../../test/predictor/oracle

One JSON file per kind: versions, tokenizer.json, [text, ids] cases, and the known differences: texts that voxpop
splits otherwise, because its Unicode tables are newer than the reference's.
"""

import csv
import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer

from tokenizer_kinds import train_bert, train_xlm_roberta

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


def write_case(path: Path, tokenizer: Tokenizer, texts: list[str], known_differences: list[str]) -> None:
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    plain = [text for text in texts if not any(token in text for token in special)]
    content = {
        "made_by": {name: version(name) for name in ("tokenizers", "sentencepiece", "transformers")},
        "tokenizer": json.loads(tokenizer.to_str()),
        "cases": [[text, tokenizer.encode(text).ids] for text in plain],
        "known_differences": [[text, tokenizer.encode(text).ids] for text in known_differences],
    }
    path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


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
    cases = texts[::4] + HOSTILE
    write_case(out / "xlm-roberta.json", xlm_roberta, cases, [])
    for name, lowercase in (("bert-cased", False), ("bert-uncased", True)):
        write_case(out / f"{name}.json", train_bert(texts, 1500, lowercase), cases, NEWER_UNICODE)


if __name__ == "__main__":
    main()
