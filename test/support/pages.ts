import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './paths.ts';

/** A page of the documentation, with its path from the repository's root. */
export interface Page {
  path: string;
  text: string;
}

/** The documentation: the README and every page in `docs/`. */
export function pages(): Page[] {
  const inDocs = readdirSync(join(repositoryRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.split('\\').join('/')}`)
    .filter((path) => path.endsWith('.md'));
  return ['README.md', ...inDocs.toSorted()].map(readPage);
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(repositoryRoot, path), 'utf8') };
}

/** A part of a page: prose, or a fenced block with what its first line says after the fence. */
export interface Part {
  info: string | undefined;
  text: string;
}

const fence = /^```(.*)\n([^]*?)^```$/gm;

/** Cuts a page into parts, which `joined` puts together to the same text. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(fence)) {
    found.push({ info: undefined, text: text.slice(end, match.index) });
    found.push({ info: match[1], text: match[2] ?? '' });
    end = match.index + match[0].length;
  }
  found.push({ info: undefined, text: text.slice(end) });
  return found;
}

export function joined(all: Part[]): string {
  return all.map(({ info, text }) => (info === undefined ? text : `\`\`\`${info}\n${text}\`\`\``)).join('');
}

/** The fenced blocks of a page that are of one of these languages. */
export function blocks(text: string, ...languages: string[]): string[] {
  return parts(text)
    .filter(({ info }) => info !== undefined && languages.includes(info.split(' ')[0] as string))
    .map((part) => part.text);
}

/** A command of a console block, and what stands below it as its output. */
export interface Step {
  command: string;
  shown: string;
}

/** Commands start with `$ `, and go on in lines that start with `> `. */
export function steps(block: string): Step[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [, command, shown] = /^(.*\n(?:>(?: .*)?\n)*)([^]*)$/.exec(step) as unknown as [
        string,
        string,
        string,
      ];
      return { command: command.replaceAll(/^> ?/gm, ''), shown };
    });
}

export function shownStep({ command, shown }: Step): string {
  const [first, ...more] = command.trimEnd().split('\n');
  return [`$ ${first}\n`, ...more.map((line) => `> ${line}`.trimEnd() + '\n'), shown].join('');
}
