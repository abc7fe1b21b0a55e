import { readFileSync } from 'node:fs';

/** Extensions that decide how fast, and on some CPUs how exactly, int8 models run. */
const notedFeatures = /^(avx2|avx512f|avx512_vnni|avx_vnni|avx512_bf16|amx_int8|asimddp|i8mm|sve)$/;

/** Those of {@link notedFeatures} that the CPU has; none where the system does not tell. */
export function cpuFeatures(): string[] {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return line.split(/\s+/).filter((flag) => notedFeatures.test(flag));
  } catch {
    return [];
  }
}

/** Version of ONNX Runtime. From the installed package: the streams side does not load ONNX Runtime to ask it. */
export function onnxRuntimeVersion(): string {
  const file = new URL(import.meta.resolve('onnxruntime-node/package.json'));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
