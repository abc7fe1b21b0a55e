/** What programs write in place of a value that is missing; lower case. */
const missingMarks = words(
  `n/a, n.a., n.a, n\\a, na, null, nil, nan, \\n, <na>, <null>, (null), [null], #n/a, #null!, #value!, #ref!,
  #div/0!, #name?, #num!, undefined, (blank), [blank], (empty), [empty], n / a, n-a, #null`,
);

/**
 * Words that people write into a field for comments to say that they have none, by language; `any` are the marks of
 * programs for a value that is missing. Lower case, with plain apostrophes. Only what says nothing whatever was
 * asked: `ok` and `nothing to complain about` are answers.
 */
export const nonAnswers: Readonly<Record<string, readonly string[]>> = {
  any: [
    ...missingMarks,
    ...words(
      `none, (none), [none], -none-, --none--, [removed], [deleted], x, xx, xxx, test, testing, asdf, qwerty, asdfasdf,
      asdfgh, ¯\\_(ツ)_/¯`,
    ),
  ],
  en: words(
    `no, none, nope, nothing, nothing else, nothing more, nothing to add, nothing to say, nothing really,
    not really, nothing at all, nothing at this time, nothing comes to mind, none at this time, no comment,
    no comments, no further comments, no other comments, no additional comments, no feedback, no answer,
    no response, no opinion, no suggestions, no idea, not applicable, does not apply, not available,
    not specified, idk, i don't know, i dont know, don't know, dont know, not sure, unsure, no thanks,
    prefer not to say, prefer not to answer, rather not say, see above, same as above, as above,
    as mentioned above, as mentioned before, as stated above, ditto, nothing further, nothing further to add,
    nothing to add here, nothing more to add, nothing more to say, nothing else to add, nothing else to say,
    nothing to report, nothing to share, nothing to mention, nothing specific, nothing in particular,
    nothing right now, nothing for now, nothing so far, i have nothing to add, i have no comment,
    i have no comments, i have no opinion, no further comment, no other comment, no comment at this time,
    no comments at this time, not at this time, no remarks, no response needed, no thank you, nothing thanks,
    no clue, can't say, cannot say, can't think of anything, cant think of anything, nothing i can think of,
    i can't think of anything, skip, skipped, skip this, skip this question, pass, i pass, i'll pass,
    just testing, this is a test, test comment, n/a at this time, i do not know, don't have any,
    none that i can think of`,
  ),
  de: words(
    `nein, nee, nö, ne, keine, kein, keiner, keines, nichts, nix, nichts weiter, nichts mehr, nichts hinzuzufügen,
    nichts zu ergänzen, derzeit nichts, aktuell nichts, momentan nichts, keine angabe, keine angaben, k.a., k. a.,
    ka, keine antwort, keine anmerkung, keine anmerkungen, kein kommentar, keine kommentare, keine meinung,
    keine ahnung, keine vorschläge, weiß nicht, weiss nicht, weiß ich nicht, weiss ich nicht, ich weiß nicht,
    ich weiss es nicht, ich weiß es nicht, entfällt, trifft nicht zu, nicht zutreffend, fehlanzeige, s.o., s. o.,
    siehe oben, wie oben, nichts bestimmtes, nichts zu sagen, nichts zu berichten, sonst nichts,
    ich habe nichts hinzuzufügen, habe nichts hinzuzufügen, habe ich nicht, habe keine,
    keine weiteren anmerkungen, keine weiteren kommentare, keine bemerkung, keine bemerkungen, keine idee,
    keine ideen, keine wünsche, kann ich nicht sagen, kann ich nicht beurteilen, möchte ich nicht sagen,
    überspringen, übersprungen, ich passe, nein danke, nur ein test, das ist ein test, testeintrag`,
  ),
  fr: words(
    `non, rien, rien à dire, rien à ajouter, rien à signaler, rien de plus, rien de particulier, ras, r.a.s.,
    r.a.s, aucun, aucune, aucun commentaire, aucune remarque, pas de commentaire, pas de commentaires,
    sans commentaire, sans objet, s/o, néant, neant, sans avis, sans opinion, pas d'avis, pas d'opinion,
    aucune idée, je ne sais pas, ne sait pas, jsp, nsp, non applicable, non concerné, voir ci-dessus, idem,
    rien d'autre, rien d'autre à ajouter, rien à déclarer, rien pour le moment, je n'ai rien à ajouter,
    je n'ai rien à dire, pas de remarque, pas de remarques, aucune suggestion, aucun avis, pas de réponse,
    sans réponse, je passe, passer, ne se prononce pas, non merci, ceci est un test`,
  ),
  es: words(
    `no, nada, nada más, nada mas, nada que decir, nada que añadir, nada que agregar, ninguno, ninguna,
    ningún comentario, ningun comentario, sin comentario, sin comentarios, sin respuesta, sin opinión, no aplica,
    no procede, no contesta, n/c, ns/nc, no sabe, no sé, no se, no lo sé, no lo se, no tengo, no hay, ver arriba,
    ídem, idem, nada que comentar, nada en particular, nada por ahora, por ahora nada, no tengo comentarios,
    no tengo nada que añadir, no tengo nada que decir, no tengo nada que agregar, ningún comentario adicional,
    sin comentarios adicionales, ninguna sugerencia, sin sugerencias, paso, saltar, omitir, no gracias, prueba,
    prueba prueba, esto es una prueba`,
  ),
  pt: words(
    `não, nao, nada, nada mais, nada a dizer, nada a declarar, nada a acrescentar, nenhum, nenhuma,
    nenhum comentário, sem comentário, sem comentários, sem resposta, sem opinião, não se aplica, nao se aplica,
    n/d, não sei, nao sei, não tenho, ver acima, idem, nada a comentar, nada em particular, por enquanto nada,
    não tenho nada a acrescentar, não tenho nada a dizer, não tenho comentários, nenhuma sugestão, sem sugestões,
    sem mais comentários, pular, pulo, não obrigado, não obrigada, teste, isto é um teste, isso é um teste`,
  ),
  it: words(
    `no, niente, nulla, niente da dire, niente da aggiungere, nulla da dire, nulla da aggiungere,
    nulla da segnalare, nessuno, nessuna, nessun commento, nessuna risposta, non applicabile, non so, non saprei,
    n.d., vedi sopra, idem, nient'altro, nient'altro da aggiungere, niente di particolare, niente in particolare,
    per ora niente, non ho niente da aggiungere, non ho nulla da aggiungere, non ho commenti, nessun suggerimento,
    nessuna opinione, senza commenti, salto, salta, no grazie, prova, questo è un test`,
  ),
  nl: words(
    `nee, neen, niets, niks, geen, niets toe te voegen, geen commentaar, geen opmerking, geen opmerkingen,
    geen mening, geen antwoord, geen idee, n.v.t., n.v.t, nvt, niet van toepassing, weet niet, weet ik niet,
    ik weet het niet, zie boven, idem, niets te zeggen, niets te melden, verder niets, niets meer,
    ik heb niets toe te voegen, heb ik niet, geen verdere opmerkingen, geen suggesties, overslaan, overgeslagen,
    ik pas, nee bedankt, nee dank je, dit is een test`,
  ),
  pl: words(
    `nie, nic, brak, brak uwag, brak komentarza, brak opinii, brak odpowiedzi, bez uwag, bez komentarza,
    nie dotyczy, nie wiem, nie mam, nie mam uwag, nic do dodania, trudno powiedzieć, j.w., jak wyżej, nic więcej,
    nic nie mam, nie mam nic do dodania, nie mam zdania, nie mam komentarza, brak sugestii, brak zdania, pomijam,
    pomiń, nie dziękuję, to jest test, test test`,
  ),
  ru: words(
    `нет, не, нету, ничего, нечего, ничего нет, нечего добавить, нечего сказать, без комментариев,
    нет комментариев, нет ответа, нет мнения, не знаю, затрудняюсь, затрудняюсь ответить, неприменимо,
    не применимо, н/д, н/п, отсутствует, отсутствуют, см. выше, то же, больше ничего, ничего добавить,
    мне нечего добавить, мне нечего сказать, нет замечаний, замечаний нет, нет предложений, предложений нет,
    комментариев нет, без ответа, пропустить, пропускаю, пас, нет спасибо, тест, проверка, это тест`,
  ),
  tr: words(
    `yok, hayır, hayir, hiç, hiçbir şey, hicbir sey, hiçbiri, bir şey yok, yorum yok, yorumum yok, cevap yok,
    fikrim yok, bilmiyorum, geçerli değil, uygulanamaz, ekleyecek bir şey yok, ekleyeceğim bir şey yok,
    ekleyeceğim birşey yok, ekleyecek birşey yok, söyleyecek bir şey yok, söyleyeceğim bir şey yok,
    başka bir şey yok, birşey yok, önerim yok, öneri yok, görüşüm yok, fikir yok, pas geç, pas geçiyorum,
    geçiyorum, atla, atlıyorum, deneme, deneme deneme, bu bir test`,
  ),
  ar: words(
    `لا, كلا, لا شيء, لاشيء, لا شئ, لا يوجد, لايوجد, لا يوجد شيء, ليس لدي, لا تعليق, بدون تعليق, لا يوجد تعليق,
    لا أعرف, لا اعرف, لا أعلم, لا اعلم, لا أدري, لا ينطبق, غير متوفر, غير منطبق, لا شيء آخر, لا يوجد شيء آخر,
    ليس لدي شيء أضيفه, ليس لدي ما أضيفه, لا يوجد ما أضيفه, لا إضافة, لا يوجد إضافة, لا توجد ملاحظات,
    لا يوجد ملاحظات, بدون ملاحظات, لا توجد اقتراحات, لا يوجد اقتراحات, لا رأي, ليس لدي رأي, تخطي, لا شكرا, تجربة,
    اختبار, مجرد تجربة`,
  ),
  hi: words(
    `नहीं, नही, कुछ नहीं, कुछ भी नहीं, कोई नहीं, कोई टिप्पणी नहीं, पता नहीं, मुझे नहीं पता, मालूम नहीं, लागू नहीं,
    nahi, nahin, kuch nahi, kuch nahin, pata nahi, और कुछ नहीं, कुछ कहना नहीं, कहने को कुछ नहीं, कोई सुझाव नहीं,
    कोई जवाब नहीं, कोई राय नहीं, छोड़ें, छोड़ दें, छोड़ो, टेस्ट, परीक्षण, nahi pata, koi comment nahi`,
  ),
  id: words(
    `tidak, tidak ada, tdk, tdk ada, gak ada, ga ada, nggak ada, belum ada, tidak ada komentar, tidak tahu,
    tidak berlaku, nihil, tidak ada lagi, tidak ada tambahan, tidak ada yang ditambahkan, tidak ada saran,
    tidak ada masukan, tidak ada jawaban, tidak ada pendapat, belum tahu, nggak tau, gak tau, ga tau, nggak tahu,
    gak tahu, lewati, skip, skip dulu, tes, tes tes, uji coba, coba`,
  ),
  tl: words(
    `wala, wala po, wala naman, wala na, wala akong masabi, hindi, hindi po, hindi ko alam, di ko alam,
    walang komento, wala na po, wala na akong masabi, wala akong komento, walang masabi, walang maidagdag,
    wala akong maidagdag, skip, pass, pass muna`,
  ),
  vi: words(
    `không, khong, không có, khong co, không có gì, không có ý kiến, không biết, không rõ, không áp dụng, chưa có,
    không có gì thêm, không có gì để thêm, không có gì để nói, không còn gì, không có bình luận, không có góp ý,
    không góp ý, không trả lời, không có ý kiến gì, bỏ qua, thử, thử nghiệm, kiểm tra`,
  ),
  th: words(
    `ไม่, ไม่มี, ไม่มีค่ะ, ไม่มีครับ, ไม่มีความคิดเห็น, ไม่มีข้อเสนอแนะ, ไม่ทราบ, ไม่รู้, ไม่มีอะไร,
    ไม่มีอะไรเพิ่มเติม, ไม่มีเพิ่มเติม, ไม่มีคำตอบ, ไม่มีความเห็น, ไม่มีคอมเมนต์, ไม่ทราบค่ะ, ไม่ทราบครับ,
    ไม่รู้ค่ะ, ไม่รู้ครับ, ข้าม, ขอข้าม, ขอผ่าน, ทดสอบ, เทส`,
  ),
  ja: words(
    `なし, 無し, 無, ない, 無い, ありません, ございません, 特になし, 特に無し, とくになし, 特にない, 特に無い, 特にありません, 特にございません, いいえ, 該当なし, コメントなし, 回答なし,
    無回答, 未回答, わからない, 分からない, わかりません, 分かりません, 同上, 特に何もない, 特に何もありません, 何もない, 何もありません, 特に思いつかない, 特に思いつきません, 思いつかない,
    思いつきません, 特に意見はない, 特に意見はありません, 意見なし, 答えたくない, パス, スキップ, パスします, スキップします, テスト, テストです`,
  ),
  ko: words(
    `없음, 없다, 없습니다, 없어요, 없네요, 특별히 없음, 특별히 없습니다, 딱히 없음, 딱히 없습니다, 특이사항 없음, 의견 없음, 아니오, 아니요, 모름, 모르겠음, 모르겠어요, 모르겠습니다,
    해당없음, 해당 없음, 무응답, 상동, 특별한 의견 없음, 특별한 의견 없습니다, 별다른 의견 없음, 별로 없음, 별로 없어요, 딱히 없어요, 더 없음, 추가 의견 없음, 추가 의견 없습니다,
    할 말 없음, 할말 없음, 할 말 없습니다, 건의사항 없음, 잘 모르겠음, 잘 모르겠어요, 잘 모르겠습니다, 패스, 스킵, 넘어갈게요, 테스트, 테스트입니다`,
  ),
  zh: words(
    `无, 無, 没, 沒, 没有, 沒有, 没有了, 暂无, 暫無, 暂时没有, 没什么, 没意见, 沒意見, 无意见, 無意見, 没有意见, 没有建议, 无建议, 无评论, 不知道, 不清楚, 不适用, 不適用, 不详,
    未填写, 否, 同上, 见上, 没有什么, 沒有什麼, 没什么了, 沒什麼, 没有什么要补充的, 没有补充, 無補充, 没有其他, 沒有其他, 没有其他意见, 沒有其他意見, 暂无意见, 暫無意見, 暂无建议,
    暫無建議, 沒有建議, 無建議, 沒有意見, 无可奉告, 无话可说, 跳过, 跳過, 这题跳过, 這題跳過, 略, 略过, 略過, 测试, 測試, 测试一下`,
  ),
  sv: words(
    `nej, inget, ingen, inga, ingenting, inga kommentarer, vet ej, vet inte, ej tillämpligt, inget att tillägga,
    inget mer, ingen kommentar, ingen åsikt, hoppar över, hoppa över, pass, nej tack`,
  ),
  da: words(
    `nej, intet, ingen, ingenting, ingen kommentarer, ved ikke, ikke relevant, ikke noget, intet at tilføje,
    ingen kommentar, ingen mening, springer over, spring over, nej tak`,
  ),
  nb: words(
    `nei, ingen, ingenting, ingen kommentarer, vet ikke, ikke relevant, ikke noe, ingenting å tilføye,
    ingen kommentar, ingen mening, hopper over, hopp over, pass, nei takk`,
  ),
  fi: words(
    `ei, ei mitään, ei ole, ei kommenttia, ei kommentteja, en tiedä, en osaa sanoa, ei mitään lisättävää,
    ei lisättävää, ei muuta, ei mielipidettä, ohita, ohitan, ei kiitos`,
  ),
  cs: words(
    `ne, nic, žádný, žádné, žádná, není, nevím, bez komentáře, bez připomínek, nic k dodání, nemám co dodat,
    bez názoru, nemám názor, přeskočit, přeskakuji, ne díky`,
  ),
  uk: words(
    `ні, немає, нема, нічого, не знаю, без коментарів, важко відповісти, більше нічого, нічого додати,
    нічого сказати, немає коментарів, без відповіді, пропустити, пропускаю, тест`,
  ),
  el: words(
    `όχι, τίποτα, τίποτε, κανένα, καμία, κανένα σχόλιο, δεν ξέρω, δεν υπάρχει, τίποτα άλλο, τίποτα να προσθέσω,
    χωρίς σχόλια, χωρίς σχόλιο, καμία γνώμη, προσπέραση, πάσο`,
  ),
  ro: words(
    `nu, nimic, niciunul, niciuna, nu știu, nu stiu, fără comentarii, nu este cazul, nimic altceva,
    nimic de adăugat, nu am nimic de adăugat, niciun comentariu, fără opinie, fără răspuns, sar peste`,
  ),
  hu: words(
    `nem, nincs, semmi, nincs megjegyzés, nincs véleményem, nem tudom, semmi más, nincs hozzáfűznivalóm,
    nincs hozzáfűznivaló, nincs mit hozzátenni, nincs válasz, kihagyom, passz, passzolok`,
  ),
  he: words(
    `לא, אין, כלום, שום דבר, אין הערות, לא יודע, לא יודעת, לא רלוונטי, אין לי מה להוסיף, אין מה להוסיף, אין תגובה,
    ללא תגובה, אין דעה, דלג, מדלג, מדלגת, בדיקה`,
  ),
  bg: words(
    `не, няма, нищо, не знам, без коментар, нищо друго, нищо за добавяне, няма коментар, без мнение, нямам мнение,
    пропускам, тест`,
  ),
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
  const bare = folded.replace(/^(["'«„“‘])(.*)["'»”“’]$/su, '$2').replace(/(?:[.。．।]|\.{2,}|…)$/u, '');
  return bare !== folded && known.has(bare.trim());
}

const missing = new Set(missingMarks);

/** Whether a cell holds a program's mark for a value that is missing, such as `N/A`, in place of a value. */
export function isMissingMark(text: string): boolean {
  return text.length <= longest && missing.has(fold(text.trim()));
}

/** Turkish capitals become the same small letters in whatever way they were typed. */
function fold(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll('İ', 'i')
    .toLowerCase()
    .replaceAll('ı', 'i')
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
