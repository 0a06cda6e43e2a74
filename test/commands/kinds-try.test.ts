import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { tempFolder } from '../support/webhook.ts';
import { runSallyport } from '../support/terminal.ts';

const description = {
  family: 'ours',
  group: 'tools.example.com',
  kind: 'Toolbox',
  plural: 'toolboxes',
  versions: ['v1'],
  servers: {
    each: '$.spec.servers[]',
    name: '@.name',
    url: '@.url',
    headers: [
      { each: '@.headers[]', name: '@.name', value: '@.value' },
      { each: '@.headers[]', name: '@.name', secret: '@.secret', key: '@.key' },
    ],
    plain: [{ value: '@.args' }],
  },
};
const toolbox = (spec: object, group = 'tools.example.com') => ({
  apiVersion: `${group}/v1`,
  kind: 'Toolbox',
  metadata: { name: 'office', namespace: 'team' },
  spec,
});

async function tried(given: object, ...objects: readonly object[]) {
  const file = path.join(tempFolder(), 'toolbox.yaml');
  writeFileSync(file, stringify(given));
  const stdin = objects.map((one) => stringify(one)).join('---\n');
  const { code, out, err } = await runSallyport(['kinds', 'try', file, '-'], { stdin });
  return { code, out, err: err.replaceAll(file, 'toolbox.yaml') };
}

describe('sallyport kinds try', () => {
  it('prints the audience and the lifetime of a service account token', async () => {
    const { code, out } = await tried(
      {
        ...description,
        servers: {
          ...description.servers,
          headers: [
            { each: '@.token', name: "'Authorization'", serviceAccountToken: { audience: '@.audience' } },
          ],
        },
      },
      toolbox({
        servers: [
          { name: 'search', url: 'https://a.example', token: { audience: 'https://a.example', days: 2 } },
        ],
      }),
    );
    expect(code).toBe(0);
    expect(out).toMatch(
      /^ {4}header Authorization +service account token for https:\/\/a\.example, 3600 s +spec\.servers\[0\]\.token\.audience$/m,
    );
    expect(out).toContain('  not read\n    spec.servers[].token.days\n');
  });

  const secrets = ['hunter2-in-a-header', 'hunter2-in-args', 'hunter2-in-a-url', 'hunter2-query'];
  const object = toolbox({
    servers: [
      {
        name: 'search',
        url: `https://user:${secrets[2]}@search.example.com/mcp/${secrets[2]}?token=${secrets[3]}`,
        headers: [
          { name: 'X-Key', value: secrets[0] },
          { name: 'Authorization', secret: 'search', key: 'token' },
        ],
        args: ['--token', secrets[1]],
        timeout: 30,
      },
    ],
    replicas: 2,
  });

  it('prints each value with its path, and what the description does not read', async () => {
    const { code, out, err } = await tried(description, object);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const line of [
      /^stdin: Toolbox team\/office$/m,
      /^ {2}server search at spec\.servers\[0\]$/m,
      /^ {4}URL +https:\/\/search\.example\.com +spec\.servers\[0\]\.url$/m,
      /^ {4}header X-Key +\[redacted\] +spec\.servers\[0\]\.headers\[0\]\.value$/m,
      /^ {4}header Authorization +Secret team\/search, key token +spec\.servers\[0\]\.headers\[1\]\.secret$/m,
      /^ {4}text +\[redacted\] +spec\.servers\[0\]\.args\[1\]$/m,
    ])
      expect(out).toMatch(line);
    expect(out).toContain('  not read\n    spec.servers[].timeout\n    spec.replicas\n');
  });

  it('prints no credential, also where a description takes one for a name', async () => {
    const token = `ghp_${'a1B2'.repeat(9)}`;
    const wrong = {
      ...description,
      servers: {
        ...description.servers,
        name: '@.token',
        env: [{ secret: '@.token', key: '@.token' }],
        links: [{ name: '@.token', kind: "'Toolbox'" }],
      },
    };
    const { out } = await tried(
      wrong,
      object,
      toolbox({ servers: [{ token, headers: [{ name: token, value: 'a' }] }] }),
    );
    expect(out).toContain('Secret team/[redacted], key [redacted]');
    expect(out).not.toContain('hunter2');
    expect(out).not.toContain(token);
  });

  it('reads the kinds of a configuration too', async () => {
    const configuration = { apiVersion: 'sallyport.dev/v1', kind: 'Configuration', kinds: [description] };
    expect((await tried(configuration, object)).out).toBe((await tried(description, object)).out);
  });

  it('names a field of another type, and ends with 1', async () => {
    const { code, out } = await tried(description, toolbox({ servers: [{ name: 'a', url: 7 }] }));
    expect(code).toBe(1);
    expect(out).toContain('  wrong type (MCP001)\n    spec.servers[0].url: must be a string\n');
  });

  it('says that no object is of the kind, and ends with 1', async () => {
    const { code, out, err } = await tried(description, toolbox({}, 'other.example.com'));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(
      '-: no object is of a kind that toolbox.yaml describes (Toolbox of tools.example.com)\n',
    );
  });

  it('names every problem of a description, with its place', async () => {
    const { code, err } = await tried(
      { ...description, servers: { url: 'spec.url', nmae: '@.name' } },
      object,
    );
    expect(code).toBe(2);
    expect(err).toMatch(
      /^sallyport: toolbox\.yaml:\d+:3: servers\[0\]\.url: path "spec\.url": starts with \$, @, \^ or a quote$/m,
    );
    expect(err).toMatch(
      /^sallyport: toolbox\.yaml:\d+:3: servers\[0\]: unknown field nmae; did you mean name\?$/m,
    );
  });

  it.each([
    [
      ['kinds', 'try'],
      'sallyport kinds try needs a description and at least one file or folder, or - for standard input',
    ],
    [
      ['kinds', 'try', 'a.yaml'],
      'sallyport kinds try needs at least one file with objects after the description',
    ],
  ])('%j is misuse', async (words, message) => {
    expect(await runSallyport(words)).toEqual({
      code: 2,
      out: '',
      err: `${message} (sallyport kinds try --help)\n`,
    });
  });

  it('has its help under both words', async () => {
    const { out } = await runSallyport(['help', 'kinds', 'try']);
    expect(out.startsWith('Usage: sallyport kinds try DESCRIPTION FILES... [options]')).toBe(true);
    expect((await runSallyport(['-q', 'kinds', 'try', '--help'])).out).toBe(out);
    expect((await runSallyport(['kinds', 'tyr'])).err).toContain('kinds takes no argument, but got "tyr"');
  });

  it('is completed after its first word', async () => {
    const { out } = await runSallyport(['__complete', 'word:', 'kinds']);
    expect(out).toContain('try\t');
    expect(out).toContain('manifests\t');
    expect((await runSallyport(['__complete', 'word:', 'kinds', 'try'])).out).toBe(':files\n');
    expect((await runSallyport(['__complete', 'word:ki'])).out).toBe(
      'kinds\tlist the kinds that are checked, and which of them a pod can name\n',
    );
  });
});
