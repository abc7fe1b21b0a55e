import { Command } from 'commander';
import { defaultBundle } from '../bundle/find-bundle.ts';
import { printableLines } from '../text/printable.ts';
import type { Terminal } from './terminal.ts';

export function modelCommand(terminal: Terminal): Command {
  const command = new Command('model').description('List, show and verify bundles.');
  const print = (text: string): void => void terminal.stdout.write(printableLines(text));
  const actions = (): Promise<typeof import('./model.ts')> => import('./model.ts');
  command
    .command('list')
    .description('the bundles that come with voxpop')
    .action(async () => print(await (await actions()).listBundles()));
  command
    .command('show')
    .description('what a bundle can do, after checking its files')
    .argument('[bundle]', 'name or directory', defaultBundle)
    .option('--json', 'as JSON')
    .action(async (name: string, flags: { json?: boolean }) =>
      print(await (await actions()).showBundle(name, flags.json ?? false)),
    );
  command
    .command('verify')
    .description('check every file, run the model, and probe whether results depend on the batch')
    .argument('[bundle]', 'name or directory', defaultBundle)
    .action(async (name: string) => print(await (await actions()).describeVerified(name)));
  return command;
}
