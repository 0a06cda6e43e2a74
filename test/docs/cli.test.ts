import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { commands } from '../../src/commands/index.ts';
import { helpOf } from '../../src/commands/program.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');

it.each(commands.map(({ name }) => name))('docs/cli.md shows the help of %s as it is', (name) => {
  expect(page).toContain(`## ${name}\n\n\`\`\`text\n${helpOf(commands, name).trimEnd()}\n\`\`\`\n`);
});

it('docs/cli.md has no section for a command that is not there', () => {
  const sections = [...page.matchAll(/^## (\w+(?: \w+)?)\n\n```text\nUsage: /gm)].map(([, name]) => name);
  expect(sections).toEqual(commands.map(({ name }) => name));
});
