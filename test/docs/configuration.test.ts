import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultConfiguration, readConfiguration } from '../../src/core/configuration.ts';
import { readRepositoryFile } from '../support/generated-files.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const example: unknown = parse(/```yaml\n([^]*?)```/.exec(page)?.[1] ?? '');

/** `modes.rules`, `inject.image`: every key that has a place of its own. */
const keysOf = (value: unknown, before = ''): string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [
        `${before}${key}`,
        ...keysOf(inner, `${before}${key}.`),
      ]);

it('docs/configuration.md shows a configuration that is accepted', () => {
  expect(readConfiguration(example)).not.toHaveProperty('problems');
});

it('docs/configuration.md shows every key there is', () => {
  const shown = new Set(keysOf(example));
  expect(keysOf(defaultConfiguration).filter((key) => !shown.has(key))).toEqual([]);
});

describe('docs/schemas/configuration.schema.json', () => {
  const validate = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictTuples: false });
  formats.default(validate);
  const isConfiguration = validate.compile(
    JSON.parse(readRepositoryFile('docs/schemas/configuration.schema.json')) as object,
  );
  const examples = [
    'docs/configuration.md',
    'docs/install.md',
    'docs/kinds.md',
    'docs/own-kinds.md',
    'docs/rules.md',
  ].flatMap((file) =>
    [...readRepositoryFile(file).matchAll(/```yaml\n([^]*?)```/g)].flatMap(([, yaml = '']) =>
      /^kind: Configuration$/m.test(yaml) ? [{ file, document: parse(yaml) as unknown }] : [],
    ),
  );

  it('accepts every configuration in the documentation', () => {
    expect(examples.length).toBeGreaterThan(4);
    for (const { file, document } of examples)
      expect([file, isConfiguration(document), isConfiguration.errors]).toEqual([file, true, null]);
  });

  it('describes every key', () => {
    const schema = JSON.parse(readRepositoryFile('docs/schemas/configuration.schema.json')) as JsonSchema;
    const { apiVersion: _version, kind: _kind, kinds: _kinds, ...ours } = schema.properties ?? {};
    expect(undescribed({ properties: ours })).toEqual([]);
  });

  it.each([
    ['another API version', { apiVersion: 'sallyport.dev/v2' }, 'apiVersion: must be sallyport.dev/v1'],
    ['an unknown field', { mode: {} }, 'configuration: unknown field mode; did you mean modes?'],
    [
      'an unknown field further in',
      { inject: { iamge: 'a' } },
      'inject: unknown field iamge; did you mean image?',
    ],
    [
      'an unknown field in a list',
      { exemptions: [{ codes: ['MCP101'], kind: 'a', namespace: 'b', nmae: 'c', name: 'd', reason: 'e' }] },
      'exemptions[0]: unknown field nmae; did you mean name?',
    ],
    [
      'an unknown code',
      { modes: { rules: { MCP999: 'warn' } } },
      /^modes\.rules: unknown field MCP999; (?:did you mean MCP\d+\?|known fields: MCP)/,
    ],
    [
      'an unknown mode',
      { modes: { ceiling: 'wran' } },
      'modes.ceiling: wran is not a valid value; did you mean warn?',
    ],
    [
      'a text where a list belongs',
      { inject: { acceptedImages: 'a' } },
      'inject.acceptedImages: must be a list',
    ],
    [
      'a text where a switch belongs',
      { inject: { families: { kelos: 'yes' } } },
      'inject.families.kelos: must be true or false',
    ],
    [
      'a token without namespaces',
      {
        credentials: {
          serviceAccountTokens: [
            { audience: 'https://mcp.example.com', namespaces: [], origins: ['https://mcp.example.com'] },
          ],
        },
      },
      'credentials.serviceAccountTokens[0].namespaces: must have at least 1 item',
    ],
    [
      'a URL where an origin belongs',
      {
        credentials: {
          serviceAccountTokens: [
            {
              audience: 'https://mcp.example.com',
              namespaces: ['team-a'],
              origins: ['https://mcp.example.com/mcp'],
            },
          ],
        },
      },
      'credentials.serviceAccountTokens[0].origins[0]: must be an origin, such as https://mcp.example.com',
    ],
    ['a port that needs root', { inject: { ports: [80, 14799] } }, 'inject.ports[0]: must be at least 1024'],
    ['one port', { inject: { ports: [14700] } }, 'inject.ports: must have at least 2 items'],
    [
      'a date in another form',
      {
        exemptions: [
          { codes: ['MCP101'], kind: 'a', namespace: 'b', name: 'c', reason: 'd', until: '31.1.27' },
        ],
      },
      'exemptions[0].until: must be a date, such as 2027-01-31',
    ],
    [
      'an exemption without a reason',
      { exemptions: [{ codes: ['MCP101'], kind: 'a', namespace: 'b', name: 'c' }] },
      'exemptions[0].reason: is missing; it must be a string',
    ],
    [
      'an exemption without codes',
      { exemptions: [{ codes: [], kind: 'a', namespace: 'b', name: 'c', reason: 'd' }] },
      'exemptions[0].codes: must have at least 1 item',
    ],
    [
      'an unknown operator',
      { inject: { families: { kelso: true } } },
      'inject.families: unknown field kelso; did you mean kelos?',
    ],
  ])('rejects %s, as Sallyport does with its place', (_, part, problem) => {
    const document = { apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...part };
    expect(isConfiguration(document)).toBe(false);
    const read = readConfiguration(document);
    const problems = read.kind === 'invalid' ? read.problems.map(({ text }) => text) : [];
    expect(problems).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)]);
  });
});

interface JsonSchema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

/** The keys without a description, by their place. */
function undescribed({ properties, items }: JsonSchema, before = ''): string[] {
  return [
    ...Object.entries(properties ?? {}).flatMap(([key, inner]) => [
      ...(inner.description ? [] : [`${before}${key}`]),
      ...undescribed(inner, `${before}${key}.`),
    ]),
    ...(items ? undescribed(items, before) : []),
  ];
}
