import { describe, expect, it } from 'vitest';
import { kindDescription } from '../../../src/core/kinds/description.ts';
import { coverageOf, isComplete } from '../../../src/core/schemas/coverage.ts';
import { credentialFields, maxSchemaNodes } from '../../../src/core/schemas/credential-fields.ts';
import { readDefinition, type Definition, type Schema } from '../../../src/core/schemas/definition.ts';

const text: Schema = { type: 'string' };
const object = (properties: Record<string, Schema>): Schema => ({ type: 'object', properties });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const spec = (properties: Record<string, Schema>): Schema => object({ spec: object(properties) });
const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** As far as a schema is recognized by it. */
const container = object({
  image: text,
  env: listOf(object({ name: text, value: text })),
  envFrom: listOf(object({})),
  lifecycle: object({}),
  volumeMounts: listOf(object({})),
});
const volumes = listOf(
  object({ name: text, secret: object({ secretName: text }), persistentVolumeClaim: object({}) }),
);

describe('the fields of a schema that can hold a credential', () => {
  it.each<[string, Record<string, Schema>, string[]]>([
    ['a text with the name of one', { apiToken: text, title: text }, ['apiToken credential']],
    ['a text with format password', { login: { type: 'string', format: 'password' } }, ['login credential']],
    [
      'a reference to a key',
      { tokenSecretRef: object({ name: text, key: text }) },
      ['tokenSecretRef.name reference'],
    ],
    ['a reference by name', { apiKeySecretName: text }, ['apiKeySecretName reference']],
    [
      'a list of references',
      { pullSecrets: listOf(object({ name: text })) },
      ['pullSecrets.[].name reference'],
    ],
    [
      'a URL',
      { baseUrl: text, callback: { type: 'string', format: 'uri' } },
      ['baseUrl url', 'callback url'],
    ],
    ['a map of headers', { headers: { type: 'object', additionalProperties: text } }, ['headers.{} header']],
    [
      'a list of headers',
      { headers: listOf(object({ name: text, value: text })) },
      ['headers.[].value header'],
    ],
    ['a map of texts', { parameters: { type: 'object', additionalProperties: text } }, ['parameters.{} map']],
    ['variables', { env: listOf(object({ name: text, value: text })) }, ['env.[].value text']],
    ['arguments', { args: listOf(text) }, ['args.[] text']],
    [
      'a CA',
      { tls: object({ caBundle: text, caRef: object({ name: text }) }) },
      ['tls.caBundle certificate', 'tls.caRef.name certificate'],
    ],
    ['a free-form object', { settings: open }, ['settings open']],
    [
      'the fields that an open object does not list',
      { settings: { ...object({ token: text }), 'x-kubernetes-preserve-unknown-fields': true } },
      ['settings.{} open', 'settings.token credential'],
    ],
    ['any JSON', { settings: {} }, ['settings open']],
    ['a container', { sidecars: listOf(container) }, ['sidecars.[] container']],
    [
      'a pod',
      { template: object({ spec: object({ containers: listOf(container), volumes }) }) },
      ['template.spec pod'],
    ],
    ['volumes', { volumes }, ['volumes volumes']],
  ])('include %s', (_, properties, expected) => {
    const { fields } = credentialFields(spec(properties));
    expect(fields.map(({ steps, reason }) => `${steps.slice(1).join('.')} ${reason}`)).toEqual(expected);
  });

  it.each<[string, Record<string, Schema>]>([
    ['numbers', { maxTokens: { type: 'integer' } }],
    ['switches', { tokenRequired: { type: 'boolean' } }],
    ['a choice of words', { tokenType: { type: 'string', enum: ['jwt'] } }],
    ['labels', { labels: { type: 'object', additionalProperties: text } }],
    ['the name of something else', { server: object({ name: text, port: { type: 'integer' } }) }],
    [
      'a security context',
      { securityContext: object({ windowsOptions: object({ gmsaCredentialSpec: text }) }) },
    ],
    [
      'tolerations',
      { tolerations: listOf(object({ key: text, value: text, tolerationSeconds: { type: 'integer' } })) },
    ],
    ['an integer or a text', { port: { 'x-kubernetes-int-or-string': true } }],
  ])('leave out %s', (_, properties) => {
    expect(credentialFields(spec(properties)).fields).toEqual([]);
  });

  it('leave out metadata and status', () => {
    expect(credentialFields(object({ metadata: open, status: object({ token: text }) })).fields).toEqual([]);
  });

  it('are unknown beyond the limit on a schema', () => {
    const wide = Object.fromEntries(Array.from({ length: maxSchemaNodes }, (_, i) => [`field${i}`, text]));
    expect(credentialFields(spec(wide)).exceeded).toBe(true);
    expect(credentialFields(spec({ field: text })).exceeded).toBe(false);
  });
});

const definition = (kind: string, group: string, versions: Record<string, Schema>): Definition => ({
  group,
  kind,
  plural: `${kind.toLowerCase()}s`,
  versions: Object.entries(versions).map(([name, schema]) => ({ name, schema })),
});
const toolbox = (servers: object, more: object = {}) =>
  kindDescription.parse({
    family: 'ours',
    group: 'tools.example.com',
    kind: 'Toolbox',
    plural: 'toolboxes',
    versions: ['v1'],
    servers: { role: 'endpoint', name: '$.metadata.name', ...servers },
    ...more,
  });
const covered = (properties: Record<string, Schema>, servers: object, more: object = {}) => {
  const { kinds } = coverageOf(
    [definition('Toolbox', 'tools.example.com', { v1: spec(properties) })],
    [toolbox(servers, more)],
  );
  return kinds[0]!;
};
const unread = (...given: Parameters<typeof covered>) => covered(...given).unread.map(({ path }) => path);

describe('a description and the schema of its kind', () => {
  const keyRef = object({ name: text, key: text });

  it('leave nothing unread when every field is read', () => {
    const properties = {
      tokenRef: keyRef,
      options: open,
      url: text,
      headers: listOf(object({ name: text, value: text })),
    };
    const coverage = covered(properties, {
      url: '$.spec.url',
      headers: [{ each: '$.spec.headers[]', name: '@.name', value: '@.value' }],
      env: [{ secret: '$.spec.tokenRef.name', key: '$.spec.tokenRef.key' }],
      plain: [{ value: '$.spec.options' }],
    });
    expect(coverage.unread).toEqual([]);
    expect(isComplete(coverage)).toBe(true);
  });

  it('report a field that no record reads', () => {
    expect(
      unread(
        { tokenRef: keyRef, otherRef: object({ secretRef: keyRef }) },
        { env: [{ secret: '$.spec.tokenRef.name' }] },
      ),
    ).toEqual(['$.spec.otherRef.secretRef.name']);
  });

  it('do not take a condition for reading', () => {
    const servers = {
      env: [{ secret: "'fixed'", when: '$.spec.tokenRef' }],
      gateway: { guardedBy: ['$.spec.apiToken'], instead: 'x', port: '$.spec.port', defaultPort: 80 },
    };
    expect(unread({ tokenRef: keyRef, apiToken: text }, servers)).toEqual([
      '$.spec.tokenRef.name',
      '$.spec.apiToken',
    ]);
  });

  it('do not take text of a pod for reading what it refers to', () => {
    const pod = { pod: object({ containers: listOf(container), volumes }) };
    expect(unread(pod, { plain: [{ value: '$.spec.pod' }] })).toEqual(['$.spec.pod']);
    expect(unread(pod, { podTemplates: [{ each: '$.spec.pod' }] })).toEqual([]);
  });

  it('need a record for a pod field that the template leaves out', () => {
    const properties = {
      volumes,
      sidecars: listOf(container),
      imagePullSecrets: listOf(object({ name: text })),
    };
    const podTemplates = [{ each: '$.spec', without: ['imagePullSecrets'] }];
    expect(unread(properties, { podTemplates })).toEqual([
      '$.spec.sidecars[]',
      '$.spec.imagePullSecrets[].name',
    ]);
  });

  it('accept a free-form object that is read as a pod template or as a map', () => {
    const properties = { podTemplate: open, headers: open };
    expect(
      unread(properties, {
        podTemplates: [{ each: '$.spec.podTemplate.spec' }],
        headers: [{ each: '$.spec.headers{}', name: '@k', value: '@v' }],
      }),
    ).toEqual([]);
  });

  it('accept what was reviewed, with everything below it, and report a review of nothing', () => {
    const reviewed = [
      { at: '$.spec.links', because: 'shown to people' },
      { at: '$.spec.gone', because: 'an older release had it' },
    ];
    const coverage = covered({ links: object({ homeUrl: text, issueUrl: text }) }, {}, { reviewed });
    expect(coverage.unread).toEqual([]);
    expect(coverage.uselessReviews).toEqual(['$.spec.gone']);
  });

  it('report a served version that the description does not have, read as the newest', () => {
    const { kinds } = coverageOf(
      [
        definition('Toolbox', 'tools.example.com', {
          v1: spec({ apiToken: text }),
          v2: spec({ apiToken: text, url: text }),
        }),
      ],
      [toolbox({ plain: [{ value: '$.spec.apiToken' }] })],
    );
    expect(kinds[0]).toMatchObject({
      unknownVersions: ['v2'],
      unread: [{ path: '$.spec.url', reason: 'url', versions: ['v2'] }],
    });
  });

  it('join several releases of one definition', () => {
    const { kinds } = coverageOf(
      [spec({ apiToken: text }), spec({ url: text })].map((schema) =>
        definition('Toolbox', 'tools.example.com', { v1: schema }),
      ),
      [toolbox({})],
    );
    expect(kinds[0]?.unread.map(({ path }) => path)).toEqual(['$.spec.apiToken', '$.spec.url']);
  });
});

describe('a kind without a description', () => {
  const report = (kind: string, group: string, properties: Record<string, Schema>) => {
    const { kinds, unrelated } = coverageOf(
      [definition(kind, group, { v1: spec(properties) })],
      [toolbox({})],
    );
    return { kinds: kinds.map((one) => one.kind), unrelated };
  };
  it.each<[string, string, string, Record<string, Schema>]>([
    ['is called MCP', 'MCPGateway', 'a.example.com', {}],
    ['has a described group and a field for a credential', 'Store', 'tools.example.com', { apiToken: text }],
    ['has a field that names MCP', 'Server', 'a.example.com', { mcpServers: listOf(object({ url: text })) }],
    ['is an agent of a language model', 'Agent', 'a.example.com', { model: text, apiToken: text }],
  ])('is reported when it %s', (_, kind, group, properties) => {
    expect(report(kind, group, properties)).toEqual({ kinds: [kind], unrelated: 0 });
  });
  it.each<[string, string, string, Record<string, Schema>]>([
    ['nothing connects it with MCP', 'Certificate', 'a.example.com', { secretName: text }],
    ['it is an agent of another system', 'DatadogAgent', 'a.example.com', { apiToken: text }],
    ['it has a described group and no field for a credential', 'Group', 'tools.example.com', { title: text }],
  ])('is only counted when %s', (_, kind, group, properties) => {
    expect(report(kind, group, properties)).toEqual({ kinds: [], unrelated: 1 });
  });
});

describe('a custom resource definition', () => {
  it('is read with its served versions', () => {
    const read = readDefinition({
      kind: 'CustomResourceDefinition',
      spec: {
        group: 'a.example.com',
        names: { kind: 'A', plural: 'as' },
        versions: [
          { name: 'v1', served: true, schema: { openAPIV3Schema: { type: 'object' } } },
          { name: 'v0', served: false, schema: { openAPIV3Schema: { type: 'object' } } },
          { name: 'v2', served: true },
        ],
      },
    });
    expect(read).toMatchObject({ group: 'a.example.com', kind: 'A', plural: 'as' });
    expect(read?.versions.map(({ name }) => name)).toEqual(['v1', 'v2']);
    expect(credentialFields(read!.versions[1]!.schema).fields).toEqual([{ steps: [], reason: 'open' }]);
  });

  it('is no other object', () => {
    expect(readDefinition({ kind: 'Role' })).toBeUndefined();
    expect(readDefinition(undefined)).toBeUndefined();
  });
});
