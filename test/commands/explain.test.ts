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

  it('without a code lists them all, with their modes', async () => {
    const { code, out } = await runSallyport(['explain']);
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toEqual(
      Object.entries(codes).map(([name, { mode, title }]) => `${name}  ${mode.padEnd(8)} ${title}`),
    );
  });

  it.each(['MCP999', 'Modes', 'toString', ''])('knows no rule %j', async (word) => {
    const { code, err } = await runSallyport(['explain', word]);
    expect(code).toBe(2);
    expect(err).toContain(`there is no rule ${JSON.stringify(word)}`);
  });
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
