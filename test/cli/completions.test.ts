import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { runVoxpop } from '../support/run-voxpop.ts';

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runVoxpop(['completions', shell]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Asks bash, as its Tab key does, how each line may go on. */
function completeInBash(source: string, lines: string[]): string[][] {
  const ask = `
complete_line() {
  read -ra COMP_WORDS <<<"$1"
  [[ $1 == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
  _voxpop 2>/dev/null
  echo "\${COMPREPLY[*]}"
}`;
  const calls = lines.map((line) => `complete_line '${line}'`).join('\n');
  const { stdout, stderr, status } = spawnSync('bash', ['-c', `${source}${ask}\n${calls}`], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => line.split(' '));
}

test('bash completes commands, options, their values, and lists', async () => {
  const asked: Record<string, string[]> = {
    'voxpop sc': ['score'],
    'voxpop score --sup': ['--supervise'],
    'voxpop score --scores ': ['none', 'top', 'all'],
    'voxpop score -m voxpop-': ['voxpop-micro', 'voxpop-mini'],
    'voxpop score --tasks sentiment,to': ['sentiment,topic'],
    'voxpop score --threshold emo': ['emotion='],
    'voxpop model ': ['list', 'show', 'verify', 'help'],
    'voxpop model show ': ['voxpop-micro', 'voxpop-mini'],
    'voxpop model show --js': ['--json'],
    'voxpop completions ': ['bash', 'zsh', 'fish'],
    // Nothing, so that bash offers files.
    'voxpop score surv': [''],
    'voxpop score --output surv': [''],
  };
  assert.deepEqual(completeInBash(await script('bash'), Object.keys(asked)), Object.values(asked));
});

test('each shell gets every command and every option', async () => {
  const helps = await Promise.all(['score', 'evaluate', 'report'].map((name) => runVoxpop([name, '--help'])));
  const flags = new Set(
    helps.flatMap(({ stdout }) => stdout.match(/(?<=^ {2}(?:-\w, )?)--[a-z0-9-]+/gm) ?? []),
  );
  assert.ok(flags.size > 40);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const text = await script(shell);
    for (const flag of flags)
      assert.ok(text.includes(shell === 'fish' ? `-l ${flag.slice(2)} ` : flag), flag);
  }
});

test('another shell is refused by name', async () => {
  const { code, stderr } = await runVoxpop(['completions', 'tcsh']);
  assert.equal(code, 2);
  assert.match(stderr, /tcsh.*bash, zsh, fish/);
});
