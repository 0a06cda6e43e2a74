import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { commands } from '../../src/commands/index.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');

it.each(commands.map((command) => [command.name, command] as const))(
  'docs/cli.md shows the help of %s as it is',
  (name, { help }) => {
    expect(page).toContain(`## ${name}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`);
  },
);

it('docs/cli.md has no section for a command that is not there', () => {
  const sections = [...page.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(commands.map(({ name }) => name));
});
