import { describe, expect, it } from 'vitest';
import { codes } from '../../src/core/codes.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { inGroup } from '../../src/core/model.ts';
import { runSallyport } from '../support/terminal.ts';

describe('sallyport explain', () => {
  it.each(Object.entries(codes))('%s prints its page', async (code, { title }) => {
    const { code: exit, out, err } = await runSallyport(['explain', code.toLowerCase()]);
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out.startsWith(`## ${code}: ${title}\n`)).toBe(true);
    for (const heading of ['Catches', 'Why', 'Fix']) expect(out).toContain(`**${heading}:**`);
    expect(out.match(/^## /gm)).toHaveLength(1);
  });

  it('without a word lists all rules with their modes, and all labels with what they are labels of', async () => {
    const { code, out } = await runSallyport(['explain']);
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines.filter((line) => line.startsWith('MCP'))).toEqual(
      Object.entries(codes).map(([name, { mode, title }]) => `${name}  ${mode.padEnd(8)} ${title}`),
    );
    const labels = lines.filter((line) => line.startsWith('sallyport.dev/'));
    expect(labels).toContain('sallyport.dev/servers          Annotation of a pod');
    expect(lines).toHaveLength(Object.keys(codes).length + labels.length);
  });

  it('says what a label or annotation is for', async () => {
    const { code, out, err } = await runSallyport(['explain', 'sallyport.dev/server']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^## sallyport.dev\/server\n\n\*\*Label of a ConfigMap\.\*\*/);
    expect(out.match(/^## /gm)).toHaveLength(1);
  });

  it.each(['MCP999', 'Modes', 'toString', '', 'sallyport.dev/', 'sallyport.dev/serve'])(
    'knows no rule or label %j',
    async (word) => {
      const { code, err } = await runSallyport(['explain', word]);
      expect(code).toBe(2);
      expect(err).toContain(`there is no rule or label ${JSON.stringify(word)}`);
    },
  );
});

it('sallyport explain suggests the label that was meant', async () => {
  const { err } = await runSallyport(['explain', 'sallyport.dev/serv3rs']);
  expect(err).toContain(
    'there is no rule or label "sallyport.dev/serv3rs"; did you mean sallyport.dev/servers?',
  );
});

describe('sallyport kinds', () => {
  it('has a line for each kind, and marks those a pod can ask for', async () => {
    const { code, out } = await runSallyport(['kinds']);
    expect(code).toBe(0);
    const lines = out.trim().split('\n');
    expect(lines.map((line) => line.split(/ +/)[0])).toEqual(
      compileKinds().all.map(({ plural, group }) => inGroup(plural, group)),
    );
    expect(lines.filter((line) => line.endsWith('servers'))).toHaveLength(
      compileKinds().all.filter(({ injectable }) => injectable).length,
    );
  });
});
