import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from './cache.ts';
import { helmIn } from './helm.ts';
import { Kubectl, type ClusterAddress } from './kubectl.ts';

/** Pages are followed command by command, so that none says what does not work. */

/** The commands below a heading of a page: one list for each block. */
export function commandsIn(file: string, heading: string): readonly string[][] {
  const page = readFileSync(path.join(repository, 'docs', file), 'utf8');
  const section = page.split(/^##+ /m).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^ *```sh\n([^`]*)```$/gm)].map(([, text = '']) => text);
  const linesOf = (text: string) => text.replaceAll('\\\n', ' ').trim().split('\n');
  return blocks.map((text) => linesOf(text).map((line) => line.trim()));
}

/** Runs them as a person would, from a folder with `manifests` in it: the repository, or a release unpacked elsewhere. */
export async function runCommands(
  address: ClusterAddress,
  helm: string,
  lines: readonly string[] | undefined,
  folder = repository,
): Promise<void> {
  if (!lines) throw new Error('the page has no such commands');
  const kubectl = new Kubectl(address);
  for (const line of lines) {
    const [program, ...args] = line.split(/ +/).map((word) => word.replaceAll("'", ''));
    if (program === 'helm') await helmIn(address, helm, args, folder);
    else if (program === 'kubectl')
      await kubectl.run(args.map((arg) => (arg.startsWith('manifests/') ? path.join(folder, arg) : arg)));
    else throw new Error(`who runs ${line}?`);
  }
}
