import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from '../cluster/cache.ts';
import { revisions, sdkNames, sdks, shared } from './matrix.ts';

const read = (name: string) => readFileSync(path.join(repository, name), 'utf8');

/** The rows of a Markdown table, by the text of its first heading. */
function table(page: string, heading: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} `));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines
    .slice(start, end)
    .filter((line) => !line.startsWith('| -'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('docs/compatibility.md', () => {
  const page = read('docs/compatibility.md');

  it('says which revisions each client and server is tried with', () => {
    const titles = sdkNames.map((name) => sdks[name].title);
    expect(table(page, 'Client')).toEqual([
      ['Client', ...titles.map((title) => `${title} server`)],
      ...sdkNames.map((client) => [
        sdks[client].title,
        ...sdkNames.map((server) => numbers(shared(client, server))),
      ]),
    ]);
  });

  it('numbers the revisions', () => {
    expect(
      table(page, 'Number')
        .slice(1)
        .map(([number, revision]) => [number, revision]),
    ).toEqual(revisions.map((revision, i) => [String(i + 1), revision]));
  });

  it('names the packages, in the versions that are pinned', () => {
    expect(table(page, 'SDK').slice(1)).toEqual(
      sdkNames.map((name) => [sdks[name].title, sdks[name].package]),
    );
    const { devDependencies } = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>;
    };
    expect([
      `@modelcontextprotocol/sdk ${devDependencies['@modelcontextprotocol/sdk']}`,
      `@modelcontextprotocol/client ${devDependencies['@modelcontextprotocol/client']}, server ${devDependencies['@modelcontextprotocol/server']}`,
      /^(mcp)==(.+)$/m.exec(read('test/clients/python/requirements.txt'))?.slice(1).join(' '),
      /^\s*(github\.com\/modelcontextprotocol\/go-sdk) v(\S+)$/m
        .exec(read('test/clients/go/go.mod'))
        ?.slice(1)
        .join(' '),
    ]).toEqual(sdkNames.map((name) => sdks[name].package));
  });
});

const numbers = (found: readonly (typeof revisions)[number][]) =>
  found.map((revision) => revisions.indexOf(revision) + 1).join(' ');
