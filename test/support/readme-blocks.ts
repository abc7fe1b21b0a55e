import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths.ts';
import { runVoxpop } from './run-voxpop.ts';

export const readmePath = join(repositoryRoot, 'README.md');

/** A fenced block of the README that shows what a command prints. */
export interface ReadmeBlock {
  /** The arguments after `voxpop`. */
  args: string[];
  shown: string;
}

/** Blocks are marked `<!-- output of: voxpop ... -->` on the line before their fence. */
const block = /<!-- output of: voxpop (.*) -->\n+```\w*\n([^]*?)```/g;

export function readmeBlocks(): ReadmeBlock[] {
  return [...readFileSync(readmePath, 'utf8').matchAll(block)].map(([, args, shown]) => ({
    args: (args as string).split(' '),
    shown: shown as string,
  }));
}

/** The README with every marked block replaced by what its command prints now. */
export async function refreshedReadme(): Promise<string> {
  const outputs = new Map<string, string>();
  for (const { args } of readmeBlocks()) outputs.set(args.join(' '), await printed(args));
  return readFileSync(readmePath, 'utf8').replace(block, (whole, args: string, shown: string) => {
    const untilOutput = whole.slice(0, whole.length - `${shown}\`\`\``.length);
    return `${untilOutput}${outputs.get(args)}\`\`\``;
  });
}

/** What a command prints on stdout. */
export async function printed(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runVoxpop(args, { cwd: repositoryRoot });
  if (code !== 0) throw new Error(`voxpop ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}
