import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from './paths.ts';
import { joined, type Page, parts, shownStep, steps } from './pages.ts';
import { voxpopScript } from './run-voxpop.ts';
import { withCommandLines } from './options-page.ts';

/**
 * Runs what a page shows, from top to bottom in an empty folder that has the repository's fixtures, and returns the
 * page with the outputs of now: of each command of its `console` blocks what a terminal would show, of each `js` block
 * what it prints, if a `text output` block follows. An output that differs only in what may differ stays as it was.
 * @throws an error if a command fails and is not followed by `echo $?`
 */
export async function refreshed(page: Page): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'voxpop-page-'));
  try {
    return await new PageRun(page.path, folder).run(withCommandLines(page.text));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

class PageRun {
  readonly #page: string;
  readonly #folder: string;
  #status = 0;
  #examples = 0;

  constructor(page: string, folder: string) {
    this.#page = page;
    this.#folder = folder;
    mkdirSync(join(folder, '.bin'));
    symlinkSync(voxpopScript, join(folder, '.bin', 'voxpop'));
    for (const name of ['fixtures', 'models', 'docs'])
      symlinkSync(join(repositoryRoot, name), join(folder, name));
  }

  async run(text: string): Promise<string> {
    const all = parts(text);
    let printed = '';
    for (const part of all) {
      if (part.info === 'console') part.text = await this.#console(part.text);
      else if (part.info === 'js') printed = await this.#example(part.text);
      else if (part.info === 'text output') part.text = settled(part.text, printed, true);
    }
    return joined(all);
  }

  async #console(block: string): Promise<string> {
    let text = '';
    for (const { command, shown } of steps(block)) {
      if (this.#status !== 0 && !command.startsWith('echo $?')) this.#fail('expected `echo $?` next', text);
      // In a subshell of the former status, so that `$?` is what it would be in one shell.
      const script = `(exit ${this.#status})\n${command}`;
      const { output, status } = await this.#spawn('bash', ['-c', `exec 2>&1\n${script}`]);
      this.#status = status;
      const ofModel =
        /voxpop (evaluate|compare|report|teach|model verify)/.test(command) && !command.includes('--help');
      text += shownStep({ command, shown: settled(shown, output, ofModel) });
    }
    if (this.#status !== 0) this.#fail(`expected exit code 0, got ${this.#status}`, text);
    return text;
  }

  async #example(code: string): Promise<string> {
    // Inside the package, so that 'voxpop' resolves to it.
    const script = join(
      repositoryRoot,
      'dist',
      `${this.#page.replaceAll('/', '-')}-${(this.#examples += 1)}.mjs`,
    );
    writeFileSync(script, code);
    try {
      const { output, status } = await this.#spawn(process.execPath, [script]);
      if (status !== 0) this.#fail(`expected exit code 0, got ${status}`, code + output);
      return output;
    } finally {
      rmSync(script);
    }
  }

  #spawn(program: string, args: string[]): Promise<{ output: string; status: number }> {
    const path = `${join(this.#folder, '.bin')}:${process.env['PATH']}`;
    const env = { ...process.env, PATH: path, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
    return new Promise((resolve, reject) => {
      execFile(program, args, { cwd: this.#folder, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
        const status = error === null ? 0 : error.code;
        if (typeof status !== 'number') return reject(error);
        const output = (stdout + stderr).replaceAll(repositoryRoot, '/opt/voxpop/');
        resolve({ output, status });
      }).stdin?.end();
    });
  }

  #fail(what: string, text: string): never {
    throw new Error(`${this.#page}: ${what} after\n${text}`);
  }
}

/** The new output, or the one that is shown if they differ in nothing but what may differ. */
function settled(shown: string, output: string, ofModel: boolean): string {
  return comparable(shown, ofModel) === comparable(output, ofModel) ? shown : output;
}

/**
 * An output without what differs from run to run or from machine to machine: times, how often progress is told, speeds,
 * memory, and the last digits of a model's scores; all figures where one label more or less moves them. Versions of a bundle stay.
 */
function comparable(output: string, ofModel: boolean): string {
  return output
    .replaceAll(/^\{.*"event":"progress".*\n/gm, '')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/(workers|elapsed_ms)("?:? *)\d+/g, '$1$20')
    .replaceAll(/\d[\d.,]*(?= (?:s|ms|min|h|MB|GB|rows\/s|tokens\/s)\b)/g, '0')
    .replaceAll(ofModel ? /(?<!\d\.)\b\d[\d,]*(?:\.\d+)?(?![\d.])/g : /(?<![\d.])\d+\.\d+(?![\d.])/g, '0')
    .replaceAll(/[ █▉▊▋▌▍▎▏]+/g, ' ');
}
