import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { attempts, type Case, type Written } from './attempts.ts';
import { harmless } from './harmless.ts';
import { findingsIn } from '../support/findings.ts';

/**
 * How much of what people write is judged as it should be, through `sallyport lint`: one object for each case. The
 * bodies of all tokens come from a seed; other seeds are the same tokens with other bodies.
 */
const seed = Number(process.env['SALLYPORT_DETECTION_SEED'] ?? '20261129');

const object = (name: string, written: Written): object => {
  const metadata = { name, namespace: 'tools' };
  if ('url' in written || 'header' in written)
    return {
      apiVersion: 'toolhive.stacklok.dev/v1beta1',
      kind: 'MCPRemoteProxy',
      metadata,
      spec: {
        remoteUrl: 'url' in written ? written.url : 'https://mcp.example.com/mcp',
        ...('header' in written
          ? { headerForward: { addPlaintextHeaders: { [written.header[0]]: written.header[1] } } }
          : {}),
      },
    };
  if ('prompt' in written)
    return {
      apiVersion: 'kelos.dev/v1alpha2',
      kind: 'Task',
      metadata,
      spec: { type: 'claude-code', credentials: { type: 'none' }, prompt: written.prompt },
    };
  return {
    apiVersion: 'kagent.dev/v1alpha1',
    kind: 'MCPServer',
    metadata,
    spec: {
      transportType: 'stdio',
      deployment: {
        image: 'registry.example.com/search:1',
        ...('args' in written
          ? { cmd: 'serve', args: written.args }
          : { env: { [written.variable[0]]: written.variable[1] } }),
      },
    },
  };
};

type Severity = 'error' | 'warning';

/** The strictest finding about a credential, case by case. */
async function judge(cases: readonly Case[]): Promise<ReadonlyMap<Case, Severity>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-detection-'));
  writeFileSync(
    path.join(folder, 'cases.json'),
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: cases.map(({ written }, i) => object(`case-${i}`, written)),
    }),
  );
  const { out } = await runSallyport(['lint', '--output', 'json', folder]);
  rmSync(folder, { recursive: true });
  const found = new Map<Case, Severity>();
  for (const { code, severity, object: of } of findingsIn<{
    code: string;
    severity: Severity;
    object: { name: string };
  }>(out)) {
    const one = cases[Number(of.name.slice('case-'.length))];
    if (one && code.startsWith('MCP10') && found.get(one) !== 'error') found.set(one, severity);
  }
  return found;
}

const share = (part: number, all: number): string => `${((100 * part) / all).toFixed(1)} %`;
const byCategory = (cases: readonly Case[]): [string, Case[]][] =>
  [...new Set(cases.map(({ category }) => category))].map((name) => [
    name,
    cases.filter(({ category }) => category === name),
  ]);

const [tried, passing] = [attempts(seed), harmless(seed)];
let found: ReadonlyMap<Case, Severity>;
beforeAll(async () => {
  found = await judge([...tried, ...passing]);
});

describe('of credentials that people write', () => {
  it('there are at least 800 attempts', () => {
    expect(tried.length).toBeGreaterThanOrEqual(800);
  });

  it.each(byCategory(tried))('at most 5 %% are missed: %s', (category, cases) => {
    const missed = cases.filter((one) => !found.has(one));
    expect(missed.length / cases.length, missed.map(({ label }) => label).join('\n')).toBeLessThanOrEqual(
      0.05,
    );
    expect(category).not.toBe('');
  });
});

describe('of harmless values', () => {
  it('there are at least 300', () => {
    expect(passing.length).toBeGreaterThanOrEqual(300);
  });

  it('at most 1 % are refused', () => {
    const wrong = passing.filter((one) => found.get(one) === 'error');
    expect(wrong.length / passing.length, wrong.map(({ label }) => label).join('\n')).toBeLessThanOrEqual(
      0.01,
    );
  });

  it('at most 3 % are warned of', () => {
    const wrong = passing.filter((one) => found.get(one) === 'warning');
    expect(wrong.length / passing.length, wrong.map(({ label }) => label).join('\n')).toBeLessThanOrEqual(
      0.03,
    );
  });
});

it('the page on detection has the figures', () => {
  const rows = [
    ...byCategory(tried).map(([category, cases]) => {
      const missed = cases.filter((one) => !found.has(one)).length;
      return `| ${category} | ${cases.length} | ${share(missed, cases.length)} missed |`;
    }),
    ...byCategory(passing).map(([category, cases]) => {
      const of = (severity: Severity) => cases.filter((one) => found.get(one) === severity).length;
      return `| ${category} | ${cases.length} | ${share(of('error'), cases.length)} refused, ${share(of('warning'), cases.length)} warned of |`;
    }),
  ];
  if (process.env['SALLYPORT_DETECTION_PRINT'] !== undefined) {
    const wrong = [...tried.filter((one) => !found.has(one)), ...passing.filter((one) => found.has(one))];
    console.log([...rows, ...wrong.map((one) => `${one.category}: ${one.label}`)].join('\n'));
  }
  if (process.env['SALLYPORT_DETECTION_SEED'] !== undefined) return;
  const page = readFileSync(new URL('../../docs/detection.md', import.meta.url), 'utf8');
  const squeezed = page.replaceAll(/ +/g, ' ');
  for (const row of rows) expect(squeezed).toContain(row);
});
