/**
 * Words that people write into a field for comments to say that they have none, by language; `any` are the marks of
 * programs for a value that is missing. Lower case, with plain apostrophes. Only what says nothing whatever was
 * asked: `ok` and `nothing to complain about` are answers.
 */
export const nonAnswers: Readonly<Record<string, readonly string[]>> = {
  any: words(
    `n/a, n.a., n.a, n\\a, na, none, null, nil, nan, \\n, <na>, <null>, (null), [null], (none), [none], -none-,
    --none--, #n/a, #null!, #value!, #ref!, #div/0!, #name?, #num!, undefined, (blank), [blank], (empty), [empty],
    [removed], [deleted], x, xx, xxx, test, testing, asdf, ¯\\_(ツ)_/¯`,
  ),
  en: words(
    `no, none, nope, nothing, nothing else, nothing more, nothing to add, nothing to say, nothing really, not really,
    nothing at all, nothing at this time, nothing comes to mind, none at this time, no comment, no comments,
    no further comments, no other comments, no additional comments, no feedback, no answer, no response, no opinion,
    no suggestions, no idea, not applicable, does not apply, not available, not specified, idk, i don't know,
    i dont know, don't know, dont know, not sure, unsure, no thanks, prefer not to say, prefer not to answer,
    rather not say, see above, same as above, as above, as mentioned above, as mentioned before, as stated above,
    ditto`,
  ),
  de: words(
    `nein, nee, nö, ne, keine, kein, keiner, keines, nichts, nix, nichts weiter, nichts mehr, nichts hinzuzufügen,
    nichts zu ergänzen, derzeit nichts, aktuell nichts, momentan nichts, keine angabe, keine angaben, k.a., k. a., ka,
    keine antwort, keine anmerkung, keine anmerkungen, kein kommentar, keine kommentare, keine meinung, keine ahnung,
    keine vorschläge, weiß nicht, weiss nicht, weiß ich nicht, weiss ich nicht, ich weiß nicht, ich weiss es nicht,
    ich weiß es nicht, entfällt, trifft nicht zu, nicht zutreffend, fehlanzeige, s.o., s. o., siehe oben, wie oben`,
  ),
  fr: words(
    `non, rien, rien à dire, rien à ajouter, rien à signaler, rien de plus, rien de particulier, ras, r.a.s., r.a.s,
    aucun, aucune, aucun commentaire, aucune remarque, pas de commentaire, pas de commentaires, sans commentaire,
    sans objet, s/o, néant, neant, sans avis, sans opinion, pas d'avis, pas d'opinion, aucune idée, je ne sais pas,
    ne sait pas, jsp, nsp, non applicable, non concerné, voir ci-dessus, idem`,
  ),
  es: words(
    `no, nada, nada más, nada mas, nada que decir, nada que añadir, nada que agregar, ninguno, ninguna,
    ningún comentario, ningun comentario, sin comentario, sin comentarios, sin respuesta, sin opinión, no aplica,
    no procede, no contesta, n/c, ns/nc, no sabe, no sé, no se, no lo sé, no lo se, no tengo, no hay, ver arriba,
    ídem, idem`,
  ),
  pt: words(
    `não, nao, nada, nada mais, nada a dizer, nada a declarar, nada a acrescentar, nenhum, nenhuma,
    nenhum comentário, sem comentário, sem comentários, sem resposta, sem opinião, não se aplica, nao se aplica,
    n/d, não sei, nao sei, não tenho, ver acima, idem`,
  ),
  it: words(
    `no, niente, nulla, niente da dire, niente da aggiungere, nulla da dire, nulla da aggiungere, nulla da segnalare,
    nessuno, nessuna, nessun commento, nessuna risposta, non applicabile, non so, non saprei, n.d., vedi sopra, idem`,
  ),
  nl: words(
    `nee, neen, niets, niks, geen, niets toe te voegen, geen commentaar, geen opmerking, geen opmerkingen,
    geen mening, geen antwoord, geen idee, n.v.t., n.v.t, nvt, niet van toepassing, weet niet, weet ik niet,
    ik weet het niet, zie boven, idem`,
  ),
  pl: words(
    `nie, nic, brak, brak uwag, brak komentarza, brak opinii, brak odpowiedzi, bez uwag, bez komentarza,
    nie dotyczy, nie wiem, nie mam, nie mam uwag, nic do dodania, trudno powiedzieć, j.w., jak wyżej`,
  ),
  ru: words(
    `нет, не, нету, ничего, нечего, ничего нет, нечего добавить, нечего сказать, без комментариев,
    нет комментариев, нет ответа, нет мнения, не знаю, затрудняюсь, затрудняюсь ответить, неприменимо,
    не применимо, н/д, н/п, отсутствует, отсутствуют, см. выше, то же`,
  ),
  tr: words(
    `yok, hayır, hayir, hiç, hiçbir şey, hicbir sey, hiçbiri, bir şey yok, yorum yok, yorumum yok, cevap yok,
    fikrim yok, bilmiyorum, geçerli değil, uygulanamaz, ekleyecek bir şey yok`,
  ),
  ar: words(
    `لا, كلا, لا شيء, لاشيء, لا شئ, لا يوجد, لايوجد, لا يوجد شيء, ليس لدي, لا تعليق, بدون تعليق, لا يوجد تعليق,
    لا أعرف, لا اعرف, لا أعلم, لا اعلم, لا أدري, لا ينطبق, غير متوفر, غير منطبق`,
  ),
  hi: words(
    `नहीं, नही, कुछ नहीं, कुछ भी नहीं, कोई नहीं, कोई टिप्पणी नहीं, पता नहीं, मुझे नहीं पता, मालूम नहीं, लागू नहीं,
    nahi, nahin, kuch nahi, kuch nahin, pata nahi`,
  ),
  id: words(
    `tidak, tidak ada, tdk, tdk ada, gak ada, ga ada, nggak ada, belum ada, tidak ada komentar, tidak tahu,
    tidak berlaku, nihil`,
  ),
  tl: words(
    `wala, wala po, wala naman, wala na, wala akong masabi, hindi, hindi po, hindi ko alam, di ko alam,
    walang komento`,
  ),
  vi: words(
    `không, khong, không có, khong co, không có gì, không có ý kiến, không biết, không rõ, không áp dụng, chưa có`,
  ),
  th: words(`ไม่, ไม่มี, ไม่มีค่ะ, ไม่มีครับ, ไม่มีความคิดเห็น, ไม่มีข้อเสนอแนะ, ไม่ทราบ, ไม่รู้`),
  ja: words(
    `なし, 無し, 無, ない, 無い, ありません, ございません, 特になし, 特に無し, とくになし, 特にない, 特に無い,
    特にありません, 特にございません, いいえ, 該当なし, コメントなし, 回答なし, 無回答, 未回答, わからない,
    分からない, わかりません, 分かりません, 同上`,
  ),
  ko: words(
    `없음, 없다, 없습니다, 없어요, 없네요, 특별히 없음, 특별히 없습니다, 딱히 없음, 딱히 없습니다, 특이사항 없음,
    의견 없음, 아니오, 아니요, 모름, 모르겠음, 모르겠어요, 모르겠습니다, 해당없음, 해당 없음, 무응답, 상동`,
  ),
  zh: words(
    `无, 無, 没, 沒, 没有, 沒有, 没有了, 暂无, 暫無, 暂时没有, 没什么, 没意见, 沒意見, 无意见, 無意見, 没有意见,
    没有建议, 无建议, 无评论, 不知道, 不清楚, 不适用, 不適用, 不详, 未填写, 否, 同上, 见上`,
  ),
  sv: words(`nej, inget, ingen, inga, ingenting, inga kommentarer, vet ej, vet inte, ej tillämpligt`),
  da: words(`nej, intet, ingen, ingenting, ingen kommentarer, ved ikke, ikke relevant`),
  nb: words(`nei, ingen, ingenting, ingen kommentarer, vet ikke, ikke relevant`),
  fi: words(`ei, ei mitään, ei ole, ei kommenttia, ei kommentteja, en tiedä, en osaa sanoa`),
  cs: words(`ne, nic, žádný, žádné, žádná, není, nevím, bez komentáře, bez připomínek`),
  uk: words(`ні, немає, нема, нічого, не знаю, без коментарів, важко відповісти`),
  el: words(`όχι, τίποτα, τίποτε, κανένα, καμία, κανένα σχόλιο, δεν ξέρω, δεν υπάρχει`),
  ro: words(`nu, nimic, niciunul, niciuna, nu știu, nu stiu, fără comentarii, nu este cazul`),
  hu: words(`nem, nincs, semmi, nincs megjegyzés, nincs véleményem, nem tudom`),
  he: words(`לא, אין, כלום, שום דבר, אין הערות, לא יודע, לא יודעת, לא רלוונטי`),
  bg: words(`не, няма, нищо, не знам, без коментар`),
};

function words(list: string): string[] {
  return list.split(',').map((word) => word.trim().replaceAll(/\s+/g, ' '));
}

const known = new Set(Object.values(nonAnswers).flat().map(fold));
/** Quotes and a full stop may come on top. */
const longest = Math.max(...[...known].map(({ length }) => length)) + 3;

/**
 * Whether a text says nothing, whatever was asked: one of {@link nonAnswers}; marks without a letter, digit, emoji
 * or emoticon; or a number, date, phone number, web or mail address alone.
 */
export function isNonAnswer(text: string): boolean {
  const trimmed = trimEdges(text.trim());
  if (!/[\p{L}\p{N}]/u.test(trimmed)) return isOnlyMarks(trimmed);
  return isListed(trimmed) || isReference(trimmed);
}

function isListed(trimmed: string): boolean {
  if (trimmed.length > longest) return false;
  const folded = fold(trimmed);
  if (known.has(folded)) return true;
  const bare = folded.replace(/^(["'«„“‘])(.*)["'»”“’]$/su, '$2').replace(/[.。．।]$/u, '');
  return bare !== folded && known.has(bare.trim());
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/['’‘`´]/gu, "'")
    .replaceAll(/\s+/gu, ' ');
}

/** Whether a character is a letter, digit or mark of ASCII. */
function isPlain(code: number): boolean {
  return code > 0x20 && code < 0x7f;
}

const unseen = /^[\s\p{Cc}\p{DI}]/u;

/** Takes off joiners, marks of direction and the like, which `trim` leaves. */
function trimEdges(text: string): string {
  // Most texts begin and end with what everybody sees, and this is asked of every one.
  if (text.length > 200 || (isPlain(text.charCodeAt(0)) && isPlain(text.charCodeAt(text.length - 1)))) {
    return text;
  }
  // The last character may be one of two units.
  if (!unseen.test(text) && !unseen.test(text.slice(-1)) && !unseen.test(text.slice(-2))) return text;
  return text.replaceAll(/^[\s\p{Cc}\p{DI}]+|[\s\p{Cc}\p{DI}]+$/gu, '');
}

/** Eyes and a mouth, either way round, or a face that lies straight: they say what people feel. */
const emoticon = /^(?:[<>}]?[:;=]['^´`-]?[-~]?[()[\]{}|\\/*<>]+|[()[\]{}]+[-~]?[:;=]|[\^>-][_.-]?[\^<-])$/u;

function isOnlyMarks(text: string): boolean {
  // Symbols such as stars and hearts are drawn to say something; U+FFFD stands for what was lost.
  if (/[\p{Extended_Pictographic}\p{Regional_Indicator}]|(?!\ufffd)\p{So}/u.test(text)) return false;
  return /^-+$/u.test(text) || !emoticon.test(text);
}

/** Number, date, phone number, web address. */
const references = [
  /^[#+-]?\p{Nd}+(?:[.,]\p{Nd}+)*$/u,
  /^\d{1,4}([-./])\d{1,2}\1\d{1,4}$/u,
  /^\+?[\d\s()/.-]{7,}$/u,
  /^(?:https?:\/\/|www\.)\S+$/iu,
];
const mailAddress = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/u;
const longestReference = 200;

function isReference(text: string): boolean {
  if (text.length > longestReference) return false;
  return references.some((pattern) => pattern.test(text)) || (text.includes('@') && mailAddress.test(text));
}
