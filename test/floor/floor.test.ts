import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { array, assert, constantFrom, property, sample, stringMatching, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import {
  aboutWords,
  commonShapes,
  flagWords,
  hasCredentialShape,
  isSensitiveName,
  keyCompany,
  sensitiveWords,
} from '../../src/core/credentials/index.ts';
import { readConfiguration } from '../../src/core/configuration.ts';
import { re2 } from '../../src/core/floor/cel.ts';
import { floorDocuments } from '../../src/core/floor/index.ts';
import { alone, inContext } from '../../src/core/floor/judgement.ts';
import { floorSettings } from '../../src/core/floor/settings.ts';
import { notCovered } from '../../src/core/floor/not-covered.ts';
import { kindDescription } from '../../src/core/kinds/description.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { inGroup } from '../../src/core/model.ts';
import { runSallyport } from '../support/terminal.ts';
import { leftOut } from './coverage.ts';

const ownKind = {
  family: 'ours',
  group: 'example.com',
  kind: 'Bridge',
  plural: 'bridges',
  versions: ['v1'],
};

const floorOf = (description: object) =>
  floorDocuments([kindDescription.parse(description)], {
    namespace: 'sallyport-system',
    action: 'Deny',
    settings: { modes: '[]', sensitive: '[]', harmless: '[]' },
  }) as [
    {
      spec: {
        variables: { name: string; expression: string }[];
        matchConstraints: { resourceRules: { scope: string }[] };
      };
    },
  ];

/** Variables of items that an expression uses outside the macro that declares them. */
function unbound(expression: string): string[] {
  const found: string[] = [];
  const scopes: (string | undefined)[] = [];
  const tokens = /'(?:[^'\\]|\\.)*'|(?:\.(?:map|filter|exists|all)\((\w+),)|\(|\)|\b(?:item|key)\d+\b/g;
  for (const [token, variable] of expression.matchAll(tokens)) {
    if (token === ')') scopes.pop();
    else if (token.endsWith('(') || variable !== undefined) scopes.push(variable);
    else if (!token.startsWith("'") && !scopes.includes(token)) found.push(token);
  }
  return found;
}

const none = { sensitive: [], harmless: [] };

/** What the policies do with a name, in JavaScript: its parts, then the two expressions. */
function soundsSensitive(name: string): boolean {
  const parts = name.toLowerCase().split(/[-_.]/);
  const apart = parts.map((part) => (part === '' ? '' : `-${part}-`)).join('');
  const found = apart.match(new RegExp(inContext, 'g')) ?? [];
  return found.some((one) => new RegExp(alone).test(one));
}

describe('a name, as the API server judges it,', () => {
  const vocabulary = [...sensitiveWords, ...keyCompany, ...aboutWords, ...flagWords, 'key', 'x', 'team'];
  const name = array(tuple(constantFrom(...vocabulary), constantFrom('-', '_', '.', '--')), {
    minLength: 1,
    maxLength: 5,
  }).map((parts) => parts.flat().slice(0, -1).join(''));

  it('is never sensitive where the webhook calls it harmless', () => {
    assert(
      property(name, (one) => !soundsSensitive(one) || isSensitiveName(one, none)),
      { numRuns: 20_000 },
    );
  });

  it.each([
    'Authorization',
    'X-Api-Key',
    'x_api_key',
    'TICKETS_TOKEN',
    'X-Token',
    'Set.Cookie',
    'X--Secret',
    'X-Max-Tokens',
    'X-Max-Token',
    'X-Token-Type',
    'X-Cache-Key',
    'X-Auth-Mode',
    'X-Secret-Name',
    'X-Api-Key-Id',
    'X-Secret-Key',
    'X-Token-Secret',
    'X-Token-Type-Secret',
    'X-Page-Token',
    'key',
    'X-Team',
  ])('%s is what it is to the webhook', (one) => {
    expect(soundsSensitive(one)).toBe(isSensitiveName(one, none));
  });
});

describe('a shape that the API server searches for', () => {
  it.each(commonShapes.map((shape) => [shape.source.slice(0, 60), shape] as const))(
    '%s is written in what RE2 has, and the webhook searches for it too',
    (_, shape) => {
      expect(re2(shape)).toContain(shape.source);
      const value = stringMatching(
        new RegExp(shape.source.replaceAll(String.raw`\b`, '').replaceAll('(?:^|', '(?:')),
      );
      const found = sample(value, 50).filter((one) => shape.test(one.trim()));
      expect(found.length).toBeGreaterThan(0);
      for (const one of found) expect(hasCredentialShape(one)).toBe(true);
    },
  );

  it('an expression that looks ahead is none', () => {
    expect(() => re2(/a(?=b)/)).toThrow('RE2 has no a(?=b)');
    expect(() => re2(/(?<!a)b/)).toThrow('RE2 has no');
  });
});

describe('sallyport floor', () => {
  it('prints a policy and its binding for every kind with a schema, and the same at every call', async () => {
    const { code, out, err } = await runSallyport(['floor']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const documents = parseAllDocuments(out).map(
      (one) => one.toJS() as { kind: string; metadata: { name: string } },
    );
    const names = compileKinds()
      .all.filter(({ label }) => label === undefined)
      .map(({ plural, group }) => `sallyport-floor-${inGroup(plural, group)}`);
    for (const kind of ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'])
      expect(documents.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name)).toEqual(
        names,
      );
    expect(documents).toHaveLength(2 * names.length);
    expect((await runSallyport(['floor'])).out).toBe(out);
  });

  it("makes a policy of a team's own kind, and leaves out what a policy cannot follow", async () => {
    const own = {
      ...ownKind,
      servers: [
        {
          each: '$.spec.routes[]',
          name: '@.name',
          url: '@.url',
          headers: [
            { each: '@.headers{}', name: '@k', value: '@v' },
            { each: '@.groups[].headers{}', name: '@k', value: '@v' },
          ],
        },
        { each: '$.spec.a[].b[]', name: '@.name', url: '@.url' },
        { name: '$.metadata.name', url: '$.spec.urls[] | $.spec.url' },
      ],
    };
    const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-floor-'));
    const file = path.join(folder, 'config.yaml');
    writeFileSync(
      file,
      JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', kinds: [own] }),
    );
    const { code, out, err } = await runSallyport(['floor', '--config', file]);
    rmSync(folder, { recursive: true });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('name: sallyport-floor-bridges.example.com');
    const nested = notCovered(kindDescription.parse(own)).map(({ code: of, where }) => `${of} ${where}`);
    expect(nested).toEqual([
      'MCP101 spec.routes[*].groups[*].headers[*]',
      ...['MCP101', 'MCP102', 'MCP103'].map((of) => `${of} spec.a[*].b[*]`),
      'MCP102 spec.urls[*]',
    ]);
  });

  it.each([
    ['a list, or one place', '$.spec.headers[] | $.spec.header'],
    ['one place, or a map', '$.spec.header | $.spec.headers{}'],
    ['two lists', '$.spec.headers[] | $.spec.more[]'],
    ['a list of what a map holds', '$.spec.groups{}.header | $.spec.headers[].header'],
  ])('refers to the items of %s only within the list', (_, each) => {
    const record = { each, when: '@.on', name: '@.name', value: '@.value' };
    const description = {
      ...ownKind,
      servers: [
        { url: '$.spec.url', headers: [record], plain: [record] },
        { each, name: '@.name', url: '@.url' },
      ],
    };
    const [policy] = floorOf(description);
    expect(notCovered(kindDescription.parse(description))).toEqual([]);
    expect(policy.spec.variables.flatMap(({ expression }) => unbound(expression))).toEqual([]);
  });

  it('writes a text between quotes so that CEL can read it', () => {
    const [policy] = floorOf({
      ...ownKind,
      servers: { headers: [{ each: '$', name: "'a\\b\r\n\"'", value: "@.a | ' | '" }] },
    });
    const written = policy.spec.variables.find(({ name }) => name === 'written')?.expression;
    expect(written).toContain(String.raw`'name': 'a\\b\r\n"'`);
    expect(written).toContain(`' | '`);
  });

  it('judges the items that the condition of a shape picks, and no others', () => {
    const shape = { each: '$.spec.routes[]', when: "@.type == 'mcp'", unless: '@.off', url: '@.url' };
    const [policy] = floorOf({ ...ownKind, servers: shape });
    const written = policy.spec.variables.find(({ name }) => name === 'written')?.expression;
    expect(written).toContain(".filter(item1, dyn(item1.?type.orValue(null)) == dyn('mcp') && !(");
    const nested = { ...shape, when: "@.tags[] == 'mcp'" };
    expect(
      notCovered(kindDescription.parse({ ...ownKind, servers: nested })).map(({ where }) => where),
    ).toEqual(['spec.routes[*]', 'spec.routes[*]', 'spec.routes[*]']);
  });

  it('judges objects without a namespace', () => {
    const [policy] = floorOf({
      ...ownKind,
      scope: 'Cluster',
      operatorNamespace: 'bridge-system',
      servers: { url: '$.spec.url', env: [{ secret: '$.spec.secret', namespace: 'operator' }] },
    });
    expect(policy.spec.matchConstraints.resourceRules[0]?.scope).toBe('Cluster');
    expect(JSON.stringify(policy)).not.toMatch(/namespaceObject|request\.namespace/);
  });

  it('says that it takes no argument', async () => {
    expect(await runSallyport(['floor', 'a'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('floor takes no argument') as string,
    });
  });

  it('is within what the parser of the API server reads of one expression', async () => {
    const { out } = await runSallyport(['floor']);
    const expressions = parseAllDocuments(out).flatMap((one) => {
      const { spec } = one.toJS() as { spec: { variables?: { expression: string }[] } };
      return (spec.variables ?? []).map(({ expression }) => expression.length);
    });
    // ExpressionSizeCodePointLimit of cel-go.
    expect(Math.max(...expressions)).toBeLessThan(100_000);
  });
});

describe('the settings', () => {
  const settingsOf = (settings: object) => {
    const read = readConfiguration({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings });
    if (read.kind === 'invalid') throw new Error(read.problems.map(({ text }) => text).join('\n'));
    return floorSettings(read.configuration);
  };

  it('are empty by default', () => {
    expect(settingsOf({})).toEqual({ modes: [], sensitive: [], harmless: [] });
  });

  it('come in the order in which the webhook decides', () => {
    const { modes } = settingsOf({
      exemptions: [
        { codes: ['MCP101', 'MCP404'], kind: 'a.example.com', namespace: 'n', name: 'o', reason: 'agreed' },
      ],
      modes: {
        rules: { MCP103: 'enforce', MCP201: 'warn' },
        kinds: { 'a.example.com': 'audit' },
        namespaces: [{ names: ['sandbox-*'], rules: { MCP101: 'warn' } }],
        writers: [{ username: 'system:*', rules: { MCP102: 'off' } }],
        namespaceLabelMay: ['warn'],
      },
    });
    expect(modes).toEqual([
      String.raw`MCP101 off object ^a\.example\.com/n/o$`,
      'MCP102 off writer ^system:.*$',
      'MCP101 warn namespace ^sandbox-.*$',
      ...['MCP101', 'MCP102', 'MCP103'].map((code) => `${code} warn label ^warn$`),
      ...['MCP101', 'MCP102', 'MCP103'].map((code) => String.raw`${code} audit kind ^a\.example\.com$`),
      'MCP103 enforce kind .*',
    ]);
  });
});

describe('what the floor leaves to the webhook', () => {
  it('has a reason, place by place', () => {
    expect(leftOut.length).toBeGreaterThan(20);
    for (const { why, where } of leftOut) expect([why.length > 20, where]).toEqual([true, where]);
  });
});
