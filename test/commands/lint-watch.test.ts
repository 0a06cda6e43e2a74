import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runSallyport } from '../support/terminal.ts';

const server = (url: string) => `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPRemoteProxy
metadata: { name: a, namespace: tools }
spec: { remoteUrl: '${url}' }
`;
const [good, bad] = [server('https://example.com/'), server('example.com')];
const patience = { timeout: 20_000 };

let folder = '';
let stop = new AbortController();
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sallyport-'));
  stop = new AbortController();
});
afterEach(() => rm(folder, { recursive: true }));

/** Starts lint --watch. `ran` waits until it ran so many times and hands back the summaries. */
function start(...args: string[]) {
  const printed: string[] = [];
  const ended = runSallyport(['lint', '--watch', ...args], {
    stop: stop.signal,
    onOut: (text) => void printed.push(text),
  });
  const summaries = () => printed.filter((text) => text.includes(' checked; '));
  const ran = async (times: number) => {
    await vi.waitFor(() => expect(summaries().length).toBeGreaterThanOrEqual(times), patience);
    return summaries().map((text) => /\d+ errors?/.exec(text)?.[0]);
  };
  return { ended, ran, summaries };
}
const file = (...names: string[]) => path.join(folder, ...names);

describe('lint --watch', () => {
  it(
    'checks again after a file of a folder changes, and ends with 0 when it is stopped',
    patience,
    async () => {
      await writeFile(file('a.yaml'), good);
      const { ended, ran } = start(folder);
      expect(await ran(1)).toEqual(['0 errors']);
      await writeFile(file('a.yaml'), bad);
      expect((await ran(2)).at(-1)).toBe('1 error');
      stop.abort();
      const { code, err } = await ended;
      expect(code).toBe(0);
      expect(err).toContain('Waiting for changes. To stop, press Ctrl-C.\n');
      expect(err).toMatch(/^Changed: \S*a\.yaml\.$/m);
    },
  );
  it('notices files in a folder that is made later', patience, async () => {
    const { ended, ran } = start(folder);
    await ran(1);
    await mkdir(file('v1.2'));
    await ran(2);
    await writeFile(file('v1.2', 'a.yaml'), bad);
    expect((await ran(3)).at(-1)).toBe('1 error');
    stop.abort();
    await ended;
  });
  it('notices that an editor replaces the one file that it was given', patience, async () => {
    await writeFile(file('a.yaml'), good);
    const { ended, ran } = start(file('a.yaml'));
    await ran(1);
    for (const [times, text] of [
      [2, bad],
      [3, good],
    ] as const) {
      await writeFile(file('.a.yaml.swp'), text);
      await rename(file('.a.yaml.swp'), file('a.yaml'));
      expect((await ran(times)).at(-1)).toBe(text === bad ? '1 error' : '0 errors');
    }
    stop.abort();
    await ended;
  });
  it('does not run for a file that lint does not read', patience, async () => {
    await mkdir(file('node_modules'));
    const { ended, ran, summaries } = start(folder);
    await ran(1);
    await writeFile(file('notes.txt'), bad);
    await writeFile(file('node_modules', 'a.yaml'), bad);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(summaries()).toHaveLength(1);
    await writeFile(file('a.yaml'), bad);
    expect(await ran(2)).toEqual(['0 errors', '1 error']);
    stop.abort();
    await ended;
  });
  it('goes on after a configuration that cannot be used, once it is corrected', patience, async () => {
    await writeFile(file('a.yaml'), bad);
    const config = file('config');
    await writeFile(config, 'modes: [');
    const { ended, ran } = start(file('a.yaml'), '--config', config);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await writeFile(config, '');
    await rm(config);
    await writeFile(config, 'apiVersion: sallyport.dev/v1\nkind: Configuration\n');
    await ran(1).finally(() => stop.abort());
    expect((await ended).err).toContain(`sallyport: ${config}:`);
  });
  it.each([
    [['-'], 'standard input (-)'],
    [['.', '--output', 'json'], '--output json'],
    [['.', '--baseline', 'b.json', '--update-baseline'], '--update-baseline'],
  ])('is not for %j', async (args, what) => {
    const { code, err } = await runSallyport(['lint', '--watch', ...args]);
    expect(code).toBe(2);
    expect(err).toContain(`--watch and ${what} exclude each other`);
  });
});
