import { lowercase } from './lowercase.ts';
import type { Json } from './tokenizer-json.ts';

/** Removed by BERT's clean-up: NUL, U+FFFD, and control, format and private characters but tab and line ends. */
const removed = /(?![\t\n\r])[\0\uFFFD\p{Cc}\p{Cf}\p{Co}]/gu;

/** The reference's ranges; they leave out U+2B820 to U+2B91F, which a slip of the pen there does. */
const ideograph =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

const whiteSpace = /\p{White_Space}/gu;
const marks = /\p{Mn}/gu;

/** `BertNormalizer`, written here because the library does not set ideographs beyond U+FFFF apart. */
export function bertNormalizer(options: Json): (text: string) => string {
  const lowers = options['lowercase'] !== false;
  const stripsAccents = options['strip_accents'] ?? lowers;
  return (text) => {
    let normal = text;
    if (options['clean_text'] !== false) normal = normal.replace(removed, '').replace(whiteSpace, ' ');
    if (options['handle_chinese_chars'] !== false) normal = normal.replace(ideograph, ' $& ');
    if (stripsAccents === true) normal = normal.normalize('NFD').replace(marks, '');
    return lowers ? lowercase(normal) : normal;
  };
}
