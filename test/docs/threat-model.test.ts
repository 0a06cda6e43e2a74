import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { codes } from '../../src/core/codes.ts';
import { repository } from '../cluster/cache.ts';

const page = readFileSync(path.join(repository, 'docs/threat-model.md'), 'utf8');

it('the threat model says what each rule about Secrets and about pods prevents', () => {
  const aboutAttacks = Object.keys(codes).filter((code) => /^MCP[25]/.test(code));
  expect(aboutAttacks.filter((code) => !page.includes(code))).toEqual([]);
});

it('the threat model names no rule, file or decision that does not exist', () => {
  expect((page.match(/\bMCP\d{3}\b/g) ?? []).filter((code) => !Object.hasOwn(codes, code))).toEqual([]);
  const files = [...page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, file = '']) => file);
  expect(files.filter((file) => !existsSync(path.join(repository, 'docs', file)))).toEqual([]);
});
