import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { codes, isCode } from '../../src/core/codes.ts';
import { readConfiguration } from '../../src/core/configuration.ts';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';
import { findingsIn } from '../support/findings.ts';

interface Section {
  readonly code: string;
  readonly title: string;
  readonly text: string;
}

interface Example {
  readonly code: string;
  /** A setting that the example needs, as its heading says it. */
  readonly setting: string | undefined;
  readonly options: readonly string[];
  readonly yaml: string;
}

const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');
const [intro = '', ...parts] = page.split(/^(?=## MCP\d)/m);
const sections = parts.map((text): Section => {
  const [, code = '', title = ''] = /^## (MCP\d+): (.+)$/m.exec(text) ?? [];
  return { code, title, text };
});

/** The fenced block after a line `Bad:`, `Good:`, `Bad (without --complete):` or `Bad (with credentials: {...}):`. */
function examples(word: 'Bad' | 'Good'): Example[] {
  const block = new RegExp(
    `^${word}(?: \\((without --complete|with (.+))\\))?:\\n\\n\`\`\`yaml\\n([^]*?)\`\`\`$`,
    'm',
  );
  return sections.flatMap(({ code, text }) => {
    const match = block.exec(text);
    if (!match) return [];
    const [, how, setting, yaml = ''] = match;
    return [{ code, setting, options: how === 'without --complete' ? [] : ['--complete'], yaml }];
  });
}

async function lint({ setting, options, yaml }: Example) {
  const configured = setting === undefined ? [] : ['--config', configurationFile(setting)];
  const all = ['lint', ...options, ...configured, '-o', 'json', '-'];
  const { out, err } = await runSallyport(all, { stdin: yaml });
  expect(err).toBe('');
  return findingsIn<{ readonly code: string }>(out);
}

function configurationFile(setting: string): string {
  const file = path.join(tempFolder(), 'config.yaml');
  writeFileSync(file, `apiVersion: sallyport.dev/v1\nkind: Configuration\n${setting.replaceAll('`', '')}\n`);
  return file;
}

describe('docs/rules.md', () => {
  it('has a section for every code, in order, under its own title', () => {
    const table = Object.entries(codes).map(([code, { title }]) => `${code}: ${title}`);
    expect(sections.map(({ code, title }) => `${code}: ${title}`)).toEqual(table);
  });

  it.each(sections)('names the default mode of $code', ({ code, text }) => {
    const mode = /^Default mode: `(\w+)`/m.exec(text)?.[1];
    expect(isCode(code) && codes[code].mode).toBe(mode);
  });

  it.each(sections)('says of $code what it catches, why and how to fix it', ({ text }) => {
    for (const heading of ['Catches', 'Why', 'Fix'])
      expect(text).toMatch(new RegExp(`^\\*\\*${heading}:\\*\\* \\S`, 'm'));
  });

  it('has a bad and a good example for every rule about a resource', () => {
    // MCP206 is about who asks, and a file has no requester. An object over a limit (MCP002) fills pages.
    const without = ['MCP002', 'MCP003', 'MCP206'];
    const wanted = Object.keys(codes).filter((code) => !code.startsWith('MCP5') && !without.includes(code));
    expect(examples('Bad').map(({ code }) => code)).toEqual(wanted);
    expect(examples('Good').map(({ code }) => code)).toEqual(wanted);
  });

  it('shows configurations that are accepted', () => {
    const snippets = [...intro.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml = '']) => yaml);
    expect(snippets).not.toEqual([]);
    for (const snippet of snippets) expect(readConfiguration(parse(snippet))).not.toHaveProperty('problems');
  });

  it.each(examples('Bad'))('the bad example of $code has that finding and no other', async (example) => {
    const found = await lint(example);
    expect([...new Set(found.map(({ code }) => code))]).toEqual([example.code]);
  });

  it.each(examples('Good'))('the good example of $code has no finding', async (example) => {
    expect(await lint(example)).toEqual([]);
  });
});
