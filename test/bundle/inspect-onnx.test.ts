import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspectOnnx } from '../../src/bundle/inspect-onnx.ts';
import { makeModel } from '../support/fixture-model.ts';
import { encodeOnnx, type OnnxModel } from '../support/onnx-writer.ts';

const sound = Buffer.from(encodeOnnx(makeModel()));

function assertRefused(model: Uint8Array | OnnxModel, code: string, message: RegExp): void {
  const bytes = model instanceof Uint8Array ? model : encodeOnnx(model);
  assert.throws(() => inspectOnnx(bytes, 'model.onnx'), { name: 'BundleError', code, message });
}

/** A field of protobuf with a length in front. */
function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 128))
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
  return Buffer.from(bytes);
}

function graphOf(...fields: Buffer[]): Buffer {
  return field(7, Buffer.concat(fields));
}

test('a sound model passes', () => inspectOnnx(sound, 'model.onnx'));

// The graph follows a field of its number that is a number: who takes that for a length skips what ONNX Runtime runs,
// a graph with a tensor in a file of the working directory.
const hiddenGraph =
  'CAhCBAoAEA040QM6zgMKRAoJaW5wdXRfaWRzEgJteBoKUmVkdWNlTWF4MSIJUmVkdWNlTWF4KgsKBGF4ZXNAAaABByoPCghrZWVwZGltcxgBoAECChcK' +
  'Am14CgFuEgNpZHgaBE1vZDIiA01vZAocCgFXCgNpZHgSAXYaB0dhdGhlcjMiBkdhdGhlcgofCgF2EgJ2ZhoFQ2FzdDQiBENhc3QqCQoCdG8YAaABAgoa' +
  'CgJ2ZgoFc2NhbGUSAnZzGgREaXY1IgNEaXYKHwoCbXgSAXEaBUNhc3Q4IgRDYXN0KgkKAnRvGAGgAQIKGAoBcQoEemVybxICenoaBE11bDkiA011bAor' +
  'CgJ2cwoCenoSA291dBoHQ29uY2F0NyIGQ29uY2F0KgsKBGF4aXMYAaABAhIBZyo+CEAQAkIBV2oYCghsb2NhdGlvbhIMc2VjcmV0NjQuYmluagsKBm9m' +
  'ZnNldBIBMGoMCgZsZW5ndGgSAjY0cAEqDxAHQgFuSghAAAAAAAAAACoPEAFCBXNjYWxlSgQAAIBCKg4QAUIEemVyb0oEAAAAAFodCglpbnB1dF9pZHMS' +
  'EAoOCAcSCgoDEgFiCgMSAXNiFgoDb3V0Eg8KDQgBEgkKAxIBYgoCCAI=';

test('what another reader could take otherwise is refused', () => {
  const hidden = Buffer.from(hiddenGraph, 'base64');
  assertRefused(hidden, 'ONNX_INVALID', /the field 7 of Model has the wire type 0/);
  const asNumber = Buffer.from([7 * 8, 5]);
  assertRefused(Buffer.concat([sound, asNumber]), 'ONNX_INVALID', /field 7 of Model has the wire type 0/);
  const fixed = Buffer.from([7 * 8 + 5, 0, 0, 0, 0]);
  assertRefused(Buffer.concat([fixed, sound]), 'ONNX_INVALID', /field 7 of Model has the wire type 5/);
  const group = Buffer.from([7 * 8 + 3, 7 * 8 + 4]);
  assertRefused(Buffer.concat([sound, group]), 'ONNX_INVALID', /field 7 of Model has the wire type 3/);
  assertRefused(Buffer.concat([sound, field(99, sound)]), 'ONNX_INVALID', /the field 99 of Model is unknown/);
  assertRefused(
    Buffer.concat([sound, graphOf(field(20, sound))]),
    'ONNX_INVALID',
    /the field 20 of Graph is unknown/,
  );
  assertRefused(Buffer.concat([sound, Buffer.alloc(1)]), 'ONNX_INVALID', /the field 0 of Model is unknown/);
  assertRefused(Buffer.concat([sound, Buffer.from('more')]), 'ONNX_INVALID', /ONNX model/);
  assertRefused(Buffer.concat([sound, graphOf()]), 'ONNX_INVALID', /it holds 2 graphs in place of one/);
  const longTag = Buffer.from([0xba, 0x80, 0x00, 0]);
  assertRefused(Buffer.concat([sound, longTag]), 'ONNX_INVALID', /a number is written longer than it is/);
  const longLength = Buffer.from([2 * 8 + 2, 0x81, 0x00, 65]);
  assertRefused(Buffer.concat([longLength, sound]), 'ONNX_INVALID', /a number is written longer than it is/);
  assertRefused(sound.subarray(0, sound.length - 1), 'ONNX_INVALID', /a value is cut off at byte \d+/);
});

test("ONNX Runtime's own format is refused, also where the file is ONNX as well", () => {
  const name = field(2, Buffer.concat([Buffer.from('--ORTM'), Buffer.alloc(20)]));
  assertRefused(Buffer.concat([name, sound]), 'ONNX_INVALID', /ONNX Runtime's own format/);
});

test('a tensor that says that it is elsewhere is refused, whatever number says so', () => {
  for (const location of [1, 2, 2 ** 32, 2 ** 32 + 1]) {
    const tensor = Buffer.concat([Buffer.from([14 * 8]), varint(location)]);
    assertRefused(Buffer.concat([graphOf(field(5, tensor))]), 'ONNX_EXTERNAL_DATA', /external data/);
  }
  inspectOnnx(graphOf(field(5, Buffer.from([14 * 8, 0]))), 'model.onnx');
});

test('operators that repeat a graph are refused, at every depth', () => {
  for (const op of ['Loop', 'Scan', 'GreedySearch']) {
    const node = field(1, field(4, Buffer.from(op)));
    assertRefused(graphOf(node), 'ONNX_LOOP', new RegExp(`found ${op}`));
    const branch = field(6, node);
    assertRefused(graphOf(field(1, field(5, branch))), 'ONNX_LOOP', new RegExp(`found ${op}`));
  }
});

test('graphs that are nested without end are refused', () => {
  let inner: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 50; depth++) inner = field(1, field(5, field(6, inner)));
  assertRefused(graphOf(inner), 'ONNX_INVALID', /nested more than 64 deep/);
});

test('lists of numbers may be packed or not', () => {
  const attribute = Buffer.concat([Buffer.from([8 * 8, 1, 8 * 8, 2]), field(8, Buffer.from([3, 4]))]);
  inspectOnnx(graphOf(field(1, field(5, attribute))), 'model.onnx');
});
