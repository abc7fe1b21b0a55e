"""probes.json of a bundle: texts with the ids and logits of the reference, which `voxpop model verify` computes again."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from static_int8 import make_feed, open_session

FILE = "probes.json"
# In many languages and scripts, and what tokenizers and batches have stumbled over. No white space at the ends, which voxpop drops;
# no characters that came to Unicode lately.
TEXTS = [
    "Great service, thank you!",
    "The app crashes every time I open it.",
    "My supervisor yells at people in front of everyone. I dread coming in on Mondays.",
    "It's OK, I guess; nothing special, though the price isn't bad.",
    "Please add a dark mode.",
    "n/a",
    "-",
    "ok",
    "NEVER AGAIN!!! WORST. HOTEL. EVER.",
    "Sooooo goooood :-) <3",
    "Der Service war toll, aber das Frühstück enttäuschend – 3 von 5 Sternen.",
    "Warum dauert die Rückerstattung so lange? Straße, Größe, Übergröße",
    "Très déçu : la livraison a mis trois semaines, et l’emballage était abîmé.",
    "¡Qué maravilla! El personal fue muy amable, pero la habitación olía a humedad.",
    "Atendimento péssimo, não recomendo a ninguém. Já são 15 dias sem resposta.",
    "Ottimo rapporto qualità-prezzo; perché non aprite anche la domenica?",
    "Prima geholpen, al duurde het wél lang voordat ik iemand aan de lijn kreeg.",
    "Обслуживание ужасное, деньги не вернули. Ёлки-палки!",
    "Жахливо… але персонал ввічливий",
    "Jakość słaba, źle zapakowane, a zwrot trwał wieki.",
    "Çok güzel bir ürün, İstanbul'a iki günde geldi; ısıtıcı bozuk.",
    "الخدمة ممتازة والموظفون لطفاء، لكنّ الأسعار مرتفعة جدًّا.",
    "خدمات بسیار بد بود؛ نمی‌خواهم دوباره بیایم",
    "שירות מצוין, ממליץ בחום! הַמָּקוֹם נָקִי",
    "सेवा बहुत अच्छी थी, लेकिन खाना ठंडा था।",
    "খাবার ভালো ছিল কিন্তু দাম বেশি",
    "சேவை மிகவும் மோசம்",
    "服务很好，房间干净，但是价格有点贵。",
    "態度很差，等了兩個小時才上菜！",
    "とても良い商品ですが、配送が遅かったです。ﾊﾝｶｸｶﾞﾅ",
    "서비스가 정말 좋았어요. 다음에 또 오고 싶습니다!",
    "อาหารอร่อยมาก แต่รอนานไปหน่อย",
    "Dịch vụ rất tốt, nhân viên thân thiện nhưng hơi ồn ào.",
    "Pelayanannya cepat banget, tapi makanannya kurang enak.",
    "Ang bagal ng delivery, pero mabait yung rider.",
    "Εξαιρετική εξυπηρέτηση· θα ξαναέρθω. ΤΕΛΟΣ ΟΔΟΣ",
    "Szuper volt az ügyfélszolgálat, de a csomag későn érkezett.",
    "Palvelu oli hyvää, mutta ruoka kylmää. Äänekäs yö.",
    "Bra service, men för dyrt. Smörgåsbord på 2 min.",
    "Servicii bune, însă livrarea a întârziat; țară, știință",
    "👍",
    "👍🏽👨‍👩‍👧 ❤️ 🇩🇪 ok 1️⃣",
    "ﬁne ＡＢＣ ① ½ tea™ ㌔ Ⅷ",
    "cafe\u0301 e\u0301te\u0301 a\u030a o\u0308 ｶ\u3099",
    "zero\u200bwidth soft\u00adhyphen word\u2060joiner a\u200db",
    "non\u00a0breaking\u2009thin\u3000wide  two   three",
    "line one\nline two\r\nline three\ttab",
    "𠀀𠮷 好吃 𝓗𝓮𝓵𝓵𝓸",
    "unknown: ꙮ ꙮꙮ ⵣ ᚠ",
    "a▁b ▁▁ c▁",
    "so-called 'quotes' «angles» “curly” — dash… 50% $5 #1 @you",
    "https://example.com/a?b=c&d=%20 mail@example.com",
    "<b>bold</b> &nbsp; &amp; <user> {name} [link](x) $& \\n",
    "1,234.56 € / 12:30 / 2024-01-31 / +49 (0)30 123456",
    "don't can't won't it's y'all'd've",
    "C++ C# .NET node.js a.b.c x_y_z snake_case camelCase",
    "x" * 120,
    "supercalifragilisticexpialidocious Donaudampfschifffahrtsgesellschaftskapitän",
    "!!!???...,,,;;;:::---___***",
    "aaa aaa aaa aaa aaa aaa aaa aaa",
    "good bad " * 40 + "good",
    "Ich love это サービス but الأسعار muy caro 很贵",
    "Ｆｕｌｌｗｉｄｔｈ　ｔｅｘｔ！",
    "The room was fine. The breakfast was cold, the coffee weak, and nobody at the desk cared; still, the location makes up for a lot, "
    "so I would perhaps come back in spring, when prices are lower, and ask for a room away from the street.",
]


def make_probes(texts: Sequence[str], ids: Sequence[Sequence[int]], logits: Mapping[str, np.ndarray]) -> list[dict]:
    """One entry per text; logits by ONNX output, float32 [texts, labels]."""
    return [
        {
            "text": text,
            "ids": [int(id) for id in ids[number]],
            # Nine digits are a float32's, exactly.
            "logits": {output: [float(f"{value:.9g}") for value in values[number]] for output, values in logits.items()},
        }
        for number, text in enumerate(texts)
    ]


def probes_of(model: Path, tokenizer: Tokenizer, outputs: Sequence[str], pad: int, max_length: int) -> list[dict]:
    """What an ONNX model itself gives for the texts, each alone; those that hold a special token are left out."""
    session = open_session(model)
    names = [each.name for each in session.get_inputs()]
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special]
    texts = [text for text in TEXTS if not any(token in text for token in special)]
    tokenizer.enable_truncation(max_length)
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    rows = [session.run(list(outputs), make_feed([row], names, pad)) for row in ids]
    return make_probes(texts, ids, {output: np.concatenate([row[at] for row in rows]) for at, output in enumerate(outputs)})


def write_probes(path: Path, probes: list[dict], tolerance: float, made_with: Mapping[str, str]) -> None:
    """One probe per line; `tolerance` is the largest difference of a logit that is still right."""
    lines = ",\n".join("  " + json.dumps(probe, ensure_ascii=False) for probe in probes)
    head = json.dumps({"tolerance": tolerance, "made_with": dict(made_with)}, ensure_ascii=False)[1:-1]
    path.write_text("{" + head + ', "probes": [\n' + lines + "\n]}\n", encoding="utf-8")
