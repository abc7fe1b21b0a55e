import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRecords } from '../../src/records/open-records.ts';
import { file } from './support.ts';

async function noticesOf(bytes: string | Buffer, encoding?: string): Promise<string> {
  const records = await openRecords({ inputs: [file('in.csv', bytes)], encoding });
  await records.close();
  return records.head.notices.join('\n');
}

const german = 'id,comment\n1,Das Gerät ist größer als nötig\n2,Schön\n';

test('UTF-8 under the name of another encoding is said', async () => {
  for (const encoding of ['windows-1252', 'iso-8859-2', 'windows-1251', 'shift_jis', 'gb18030', 'koi8-r']) {
    assert.match(
      await noticesOf(german, encoding),
      /in\.csv is read as [\w-]+, as told, but its bytes are UTF-8: leave out --encoding if words look like `Ger/u,
      encoding,
    );
  }
  // A character may be cut where the look at the start ends.
  const long = `id,comment\n${'1,größer für mich\n'.repeat(10_000)}`;
  assert.match(await noticesOf(long, 'windows-1252'), /its bytes are UTF-8/u);
});

test('what was encoded twice before it was written is said', async () => {
  const twice = Buffer.from(german).toString('latin1');
  assert.match(await noticesOf(twice), /in\.csv holds words like `GerÃ¤t`/u);
  assert.match(await noticesOf('id,comment\n1,It’s\n'), /^$/u);
  assert.match(await noticesOf('id,comment\n1,Itâ€™s dear\n2,Donâ€™t â€œbuyâ€\u009d\n'), /`Itâ€™s`/u);
});

test('text in the encoding that is told, or in none beyond ASCII, says nothing', async () => {
  assert.equal(await noticesOf(german), '');
  assert.equal(await noticesOf('id,comment\n1,plain\n', 'windows-1252'), '');
  const danish = 'id,comment\n1,»MILJØ« ÆBLE SÃO für DÉJÀ\n';
  assert.equal(await noticesOf(danish), '');
  assert.equal(await noticesOf(Buffer.from(danish, 'latin1'), 'windows-1252'), '');
  const korean = Buffer.from('c0fdb4ebb7ce20bdc3b0a3c0cc20b8c2c1f620becabdc0b4cfb4d9', 'hex');
  assert.equal(await noticesOf(Buffer.concat([Buffer.from('comment\n'), korean]), 'euc-kr'), '');
});
