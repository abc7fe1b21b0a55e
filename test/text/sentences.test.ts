import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contrastWords } from '../../src/text/contrast-words.ts';
import { addClause, codePointCounter, sentenceCutter } from '../../src/text/sentences.ts';

const cutAll = sentenceCutter(Object.keys(contrastWords));

function parts(text: string, cut = cutAll): string[] {
  return cut(text).map(({ start, end }) => text.slice(start, end));
}

test('a text is cut into sentences and lines, without the space around them', () => {
  assert.deepEqual(parts(' It was great.  Loved it!\nRoom 5. '), ['It was great.', 'Loved it!', 'Room 5.']);
  assert.deepEqual(parts('一つ。二つ！三つ'), ['一つ。', '二つ！', '三つ']);
  assert.deepEqual(parts('अच्छा। बुरा।'), ['अच्छा।', 'बुरा।']);
  assert.deepEqual(parts('one part'), ['one part']);
});

test('what shows nothing is no sentence', () => {
  for (const text of ['', '  ', '\n\u200b\n', '\u00ad']) assert.deepEqual(parts(text), []);
});

test('a sentence is cut where another matter follows, in each language', () => {
  for (const [first, second] of [
    ['الموظفون رائعون', 'ولكن الغرفة قذرة'],
    ['Das Personal war nett,', 'aber das Zimmer war schmutzig.'],
    ['Great staff,', 'but the room was filthy.'],
    ['El personal es amable', 'pero la habitación estaba sucia.'],
    ['Le personnel est charmant', 'mais ma chambre était sale.'],
    ['कर्मचारी बहुत अच्छे थे', 'लेकिन कमरा गंदा था'],
    ['Pelayanannya ramah', 'tapi kamarnya kotor'],
    ['Personale gentile', 'ma camera sporca'],
    ['スタッフは親切でしたが、', '部屋は汚かったです。'],
    ['음식은 맛있는데', '직원이 불친절해요'],
    ['Het personeel was aardig,', 'maar de kamer was vies.'],
    ['O quarto é mais caro', 'mas o atendimento foi ótimo'],
    ['Персонал отличный,', 'а номер грязный'],
    ['พนักงานบริการดี', 'แต่ห้องสกปรก'],
    ['Personel çok iyiydi', 'ama oda kirliydi'],
    ['Nhân viên thân thiện', 'nhưng phòng bẩn'],
    ['服务很好，', '但是房间很脏。'],
    ['Although the room was small,', 'the staff was great.'],
    ['Hoewel de kamer klein was,', 'was het personeel top.'],
  ] as const) {
    const space = /[\u3001\uff0c]$|[\u0e00-\u0e7f]/.test(first) ? '' : ' ';
    assert.deepEqual(parts(first + space + second), [first, second]);
  }
});

test('a word that joins, or is another one, does not cut', () => {
  for (const text of [
    'Not only the food was good but also the service',
    'Nothing but praise for the staff',
    'Ma chambre était très belle et calme',
    'O atendimento é mais rápido e melhor',
    'Ela ama o hotel e a comida é boa',
    'ตั้งแต่มาถึงก็ประทับใจมาก',
    'ตกแต่งห้องสวยมาก',
    '不但便宜，服务也很好',
    'Это не отель, а просто сказка',
    'The butter and the rebuttal',
  ]) {
    assert.deepEqual(parts(text), [text]);
  }
});

test('a clause says something: a word alone is none', () => {
  assert.deepEqual(parts('But it was great.'), ['But it was great.']);
  assert.deepEqual(parts('Ok, but no.'), ['Ok, but no.']);
});

test('a denial stays with what it denies, in each language', () => {
  for (const text of [
    'الموظفون رائعون والطعام لذيذ. أبدا!',
    'Das ist sehr sauber. Leider nein.',
    'The food was great. Not.',
    'La comida es muy buena. ¡Para nada!',
    'Le service est rapide. Pas du tout.',
    'खाना अच्छा है। बिल्कुल नहीं।',
    'Kamarnya sangat bersih. Tidak sama sekali!',
    'La camera è pulita. Macché.',
    'スタッフは親切です。まさか！',
    '직원들이 친절해요. 전혀요.',
    'Het eten was heel lekker. Vergeet het maar.',
    'A comida é muito boa. De jeito nenhum!',
    'Персонал очень вежливый. Увы, нет.',
    'อาหารอร่อยมาก ไม่เลย',
    'Yemekler çok güzel. Asla!',
    'Nhân viên rất thân thiện. Không hề!',
    '服务很好。才怪！',
  ]) {
    assert.deepEqual(parts(text), [text]);
  }
  assert.deepEqual(parts('The food was great. Not the staff.'), ['The food was great.', 'Not the staff.']);
  assert.deepEqual(parts('Not. The food was great.'), ['Not.', 'The food was great.']);
  assert.deepEqual(parts('The food was great. Not.', sentenceCutter(['de'])), [
    'The food was great.',
    'Not.',
  ]);
});

test('a short answer stays with its question', () => {
  for (const text of [
    'The room? Tiny and loud.',
    '料理？最高です。',
    'هل كان نظيفا؟ جدا.',
    'Was it “clean?” Yes!',
  ]) {
    assert.deepEqual(parts(text), [text]);
  }
  assert.deepEqual(parts('Why is it late? I ordered it two weeks ago.').length, 2);
  assert.deepEqual(parts('Why is it late? Where is it?').length, 2);
  assert.deepEqual(parts('Warnanya cantik ??. Jahitan rapi.').length, 2);
  assert.deepEqual(parts('Tiny room. Loud. Cheap.').length, 3);
});

test('a part tells whether it is a clause, and which one it is set against', () => {
  const found = cutAll('Great staff, but the room was filthy. Never again. Cheap room, but nice view.');
  assert.deepEqual(
    found.map(({ isClause }) => isClause),
    [true, true, false, true, true],
  );
  assert.deepEqual(
    found.map(({ isContrast }) => isContrast),
    [false, true, false, false, true],
  );
  const clauses: number[][] = [];
  for (const [place, part] of found.entries()) addClause(clauses, part, place);
  assert.deepEqual(clauses, [
    [0, 1],
    [3, 4],
  ]);
});

test('clauses are cut only in the languages asked for', () => {
  const text = 'Great staff, but the room was filthy. Das Bad war gut.';
  assert.equal(parts(text, sentenceCutter(['en'])).length, 3);
  assert.equal(parts(text, sentenceCutter(['de'])).length, 2);
  assert.equal(parts(text, sentenceCutter(['xx', '__proto__'])).length, 2);
});

test('parts lie in order, do not overlap, and hold every visible character', () => {
  const text = `${'Gut, aber teuer und sehr laut. 但是 😀 '.repeat(300)}x`;
  let end = 0;
  for (const span of cutAll(text)) {
    assert.ok(span.start >= end && span.end > span.start);
    assert.equal(text.slice(end, span.start).trim(), '');
    end = span.end;
  }
  assert.equal(text.slice(end).trim(), '');
});

test('a text of megabytes is cut as its parts are, in time that grows with it', () => {
  const sentence = 'Это был хороший день, 3.5 звезды. ';
  const spans = cutAll(sentence.repeat(30_000));
  assert.equal(spans.length, 30_000);
  assert.deepEqual(spans[29_999], {
    start: 29_999 * sentence.length,
    end: 30_000 * sentence.length - 1,
    isClause: false,
    isContrast: false,
  });
  assert.equal(cutAll('слово '.repeat(100_000)).length, 1);
});

test('code points are counted, not halves of them', () => {
  const text = 'a😀b\ud800c';
  const count = codePointCounter(text);
  assert.deepEqual([0, 1, 3, 4, 5, 6].map(count), [0, 1, 2, 3, 4, 5]);
});
