import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { inGroup } from '../../src/core/model.ts';
import { parseDocuments, type KubernetesObject } from '../../src/files/documents.ts';
import { leavesOut } from '../floor/coverage.ts';
import { fixtureFolders, fixtureText } from '../kinds/fixtures.ts';
import { runSallyport } from '../support/terminal.ts';
import { documents, Kubectl, type Manifest } from './kubectl.ts';
import { namespace, serverEntry, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import { keyOf, unfitForNewest } from './refused-fixtures.ts';
import { Requests } from './requests.ts';
import { failOpen } from './sallyport.ts';
import { findingsIn } from '../support/findings.ts';

/** What the API server refuses by itself, with nobody there to answer a webhook. */
const kubectl = new Kubectl(inject('cluster'));
const requests = new Requests(inject('cluster'));
const kinds = compileKinds();
const ns = testNamespace('floor');
const lenient = testNamespace('floor-sandbox');
const chosen = testNamespace('floor-chosen');

const folder = mkdtempSync(path.join(tmpdir(), 'sallyport-floor-'));

/** The floor with these settings: of one kind, or of all. */
async function install(settings: object, only = 'mcpserverentries'): Promise<void> {
  const file = path.join(folder, 'config.yaml');
  writeFileSync(file, JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings }));
  const { stdout, stderr } = await kubectl.sallyport('floor', '--config', file);
  if (stderr !== '') throw new Error(stderr);
  const policies = stdout.split(/^---\n/m).filter((text) => text.includes(`sallyport-floor-${only}`));
  await kubectl.run(['apply', '-f', '-'], documents(policies));
}

interface Looked {
  readonly status?: { readonly typeChecking?: { readonly expressionWarnings?: readonly unknown[] } };
}

interface Object extends KubernetesObject {
  readonly metadata: { readonly name: string };
}

const kindOf = ({ apiVersion, kind }: KubernetesObject) =>
  kinds.find(splitApiVersion(apiVersion).group, kind);

const fixturesOf = (fixture: string, file: string): Object[] =>
  parseDocuments(fixtureText(fixture, file), file)
    .documents.map(({ object }) => object)
    .filter((object) => kindOf(object)?.selects(object))
    .map((object) => ({ ...object, metadata: { ...object.metadata, namespace: ns } }) as Object);

/** What the rules say of an object, as `CODE path`, once each. */
async function found(object: Object): Promise<readonly string[]> {
  const { out } = await runSallyport(['lint', '-o', 'json', '-'], { stdin: JSON.stringify(object) });
  const all = findingsIn<{ readonly code: string; readonly path: string }>(out);
  const plain = all.filter(({ code }) => ['MCP101', 'MCP102', 'MCP103'].includes(code));
  return [...new Set(plain.map(({ code, path: at }) => `${code} ${at}`))];
}

/** The same in what the API server answers: `[CODE] path, path: what`. */
const said = (text: string): readonly string[] =>
  [...text.matchAll(/\[(MCP\d+)\] (\S+(?:, \S+)*): (?:a credential|the URL)/g)].flatMap(
    ([, code = '', places = '']) => places.split(', ').map((at) => `${code} ${at}`),
  );

const pluralOf = (object: Object) =>
  inGroup(kindOf(object)?.plural ?? '', splitApiVersion(object.apiVersion).group);
const split = (one: string): [code: string, at: string] => {
  const [code = '', ...at] = one.split(' ');
  return [code, at.join(' ')];
};

const create = (object: Manifest | Object) =>
  kubectl.try(['create', '--dry-run=server', '--validate=false', '-f', '-'], JSON.stringify(object));

const headers = (name: string, addPlaintextHeaders: Readonly<Record<string, string>>, namespaceName = ns) =>
  serverEntry(namespaceName, name, { addPlaintextHeaders });

const inline = { Authorization: 'Bearer made-up-by-hand' };
const everything = { modes: { rules: { MCP103: 'enforce' } } };

let answerAgain: (() => Promise<void>) | undefined;

beforeAll(async () => {
  await kubectl.apply(namespace(ns), namespace(lenient), namespace(chosen, { 'sallyport.dev/mode': 'warn' }));
  answerAgain = await failOpen(kubectl);
  await install(everything, '');
  await until('the floor to be known', 120, async () => {
    const { stderr } = await create(headers('first', inline));
    return stderr.includes('ValidatingAdmissionPolicy') || undefined;
  });
}, 600_000);

afterAll(async () => {
  rmSync(folder, { recursive: true });
  requests.end();
  await answerAgain?.();
  await kubectl.run([
    'delete',
    'validatingadmissionpolicybindings,validatingadmissionpolicies',
    '-l',
    'sallyport.dev/part=floor',
  ]);
});

describe('with nobody there', () => {
  it('refuses what the rules find in the fixtures, place by place, but for what the list leaves out, and nothing else', async () => {
    const objects = fixtureFolders.flatMap((fixture) =>
      ['good.yaml', 'bad.yaml'].flatMap((file) =>
        fixturesOf(fixture, file).map((object) => ({ fixture, file, object })),
      ),
    );
    expect(objects.length).toBeGreaterThan(100);
    const expected: Record<string, unknown> = {};
    const seen: Record<string, unknown> = {};
    const judge = async ({ fixture, file, object }: (typeof objects)[number]) => {
      const title = `${fixture}/${file} ${object.apiVersion} ${object.metadata.name}`;
      const plural = pluralOf(object);
      const places = (await found(object)).filter((one) => !leavesOut(plural, ...split(one)));
      expected[title] = { refused: places.length > 0 ? 'Forbidden' : undefined, places: places.toSorted() };
      const answer = await requests.create(object, { dryRun: true });
      if (keyOf(object) in unfitForNewest) {
        expected[title] = 'unfit for the newest definition';
        seen[title] = 'unfit for the newest definition';
        return;
      }
      const [, refused] = /^Error from server \((\w+)\)/m.exec(answer) ?? [];
      seen[title] = { refused, places: said(answer).toSorted() };
    };
    // The API server learns of each policy by itself: one that is known says nothing of the others.
    for (const fixture of fixtureFolders)
      await expect
        .poll(
          async () => {
            await Promise.all(objects.filter((one) => one.fixture === fixture).map(judge));
            return seen;
          },
          { timeout: 180_000, interval: 1_000 },
        )
        .toEqual(expected);
  }, 1_200_000);
});

describe('beside the webhook', () => {
  it('says what, where, why and how in one line, as kubectl shows it', async () => {
    const { stderr } = await create(headers('shown', { ...inline, 'X-Team': 'a' }));
    const policy = 'sallyport-floor-mcpserverentries.toolhive.stacklok.dev';
    expect(stderr.trim()).toBe(
      `Error from server (Forbidden): error when creating "STDIN": mcpserverentries.toolhive.stacklok.dev "shown" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding '${policy}' denied request: [MCP101] spec.headerForward.addPlaintextHeaders[Authorization]: a credential is written in plain text; everybody who can read this object, its backups and its Git history can use it. Fix: put the value in a Secret, name it under spec.headerForward.addHeadersFromSecret, and revoke this one; if it is no credential, ask your platform team for an exemption.`,
    );
  });

  it('names all places of one code together, and never a value', async () => {
    const { stderr } = await create(headers('several', { ...inline, Cookie: 'made-up', 'X-Team': 'a' }));
    // The entries of a map have no order.
    expect(said(stderr).toSorted()).toEqual([
      'MCP101 spec.headerForward.addPlaintextHeaders[Authorization]',
      'MCP101 spec.headerForward.addPlaintextHeaders[Cookie]',
    ]);
    expect(stderr.match(/MCP101/g)).toHaveLength(1);
    expect(stderr).not.toContain('made-up');
  });

  it('keeps to the ratchet: what was there may stay, what is new may not come', async () => {
    await kubectl.run([
      'patch',
      'validatingadmissionpolicybinding',
      'sallyport-floor-mcpserverentries.toolhive.stacklok.dev',
      '--type=merge',
      '-p',
      '{"spec":{"validationActions":["Audit"]}}',
    ]);
    await until(
      'the floor to let it in',
      30,
      async () => (await kubectl.tryApply([headers('old', inline)])).code === 0 || undefined,
    );
    await install(everything);
    await until(
      'the floor to refuse',
      30,
      async () => (await create(headers('other', inline))).code !== 0 || undefined,
    );
    const apply = async (written: Readonly<Record<string, string>>) =>
      (await kubectl.tryApply([headers('old', written)])).stderr;
    expect(await apply({ ...inline, 'X-Team': 'a' })).toBe('');
    expect(await apply({ authorization: inline.Authorization, 'X-Team': 'b' })).toBe('');
    expect(await apply({ Authorization: 'Bearer another-one' })).toContain('[MCP101]');
    expect(await apply({ ...inline, Cookie: 'made-up' })).toMatch(/\[MCP101\] \S+\[Cookie\]: /);
    await kubectl.run(['label', '-n', ns, 'mcpserverentry', 'old', 'team=a']);
  });
});

describe('the settings, in the order in which the webhook decides', () => {
  const refusedFor = async (object: Manifest, ...as: string[]) =>
    said(
      (await kubectl.try(['create', '--dry-run=server', '-f', '-', ...as], JSON.stringify(object))).stderr,
    );

  it.each<[title: string, settings: object, object: Manifest, as: string[]]>([
    [
      'an exemption',
      {
        exemptions: [
          {
            codes: ['MCP101'],
            kind: 'mcpserverentries.toolhive.stacklok.dev',
            namespace: ns,
            name: 'spared',
            reason: 'a test',
          },
        ],
        modes: { namespaces: [{ names: [ns], rules: { MCP101: 'enforce' } }] },
      },
      headers('spared', inline),
      [],
    ],
    [
      'a writer',
      { modes: { writers: [{ username: 'system:serviceaccount:kagent:*', rules: { MCP101: 'warn' } }] } },
      headers('by-a-controller', inline),
      ['--as=system:serviceaccount:kagent:controller', '--as-group=system:masters'],
    ],
    [
      'a namespace',
      {
        modes: {
          namespaces: [{ names: ['sallyport-test-floor-sand*'], rules: { MCP101: 'audit' } }],
          kinds: { 'mcpserverentries.toolhive.stacklok.dev': 'enforce' },
        },
      },
      headers('in-a-sandbox', inline, lenient),
      [],
    ],
    [
      "a namespace's label",
      { modes: { namespaceLabelMay: ['warn'] } },
      headers('labelled', inline, chosen),
      [],
    ],
    [
      'a kind',
      {
        modes: { kinds: { 'mcpserverentries.toolhive.stacklok.dev': 'warn' }, rules: { MCP101: 'enforce' } },
      },
      headers('of-the-kind', inline),
      [],
    ],
    ['a rule', { modes: { rules: { MCP101: 'warn' } } }, headers('by-rule', inline), []],
    [
      'a harmless name',
      { credentials: { headers: { harmless: ['X-Session-Token'] } } },
      headers('harmless', { 'X-Session-Token': 'made-up' }),
      [],
    ],
  ])('%s lets it in, and only then', async (_, settings, object, as) => {
    await install({});
    await until('the default', 30, async () => (await refusedFor(object, ...as)).length === 1 || undefined);
    await install(settings);
    await until('the settings', 30, async () => (await refusedFor(object, ...as)).length === 0 || undefined);
  });

  it("a team's own sensitive name, and nothing else, is refused", async () => {
    const object = headers('ticket', { 'X-Team-Ticket': 'a', 'X-Team': 'a' });
    await install({});
    expect(await refusedFor(object)).toEqual([]);
    await install({ credentials: { headers: { sensitive: ['x-team-ticket'] } } });
    await until('the settings', 30, async () => {
      const places = await refusedFor(object);
      return places.join() === 'MCP101 spec.headerForward.addPlaintextHeaders[X-Team-Ticket]' || undefined;
    });
  });

  it('the ceiling caps the floor too', async () => {
    await install({ modes: { ceiling: 'warn' } });
    await until('a warning', 30, async () => {
      const { code, stderr } = await create(headers('capped', inline));
      return (code === 0 && /^Warning: Validation failed for .*\[MCP101\]/m.test(stderr)) || undefined;
    });
  });
});

describe('the API server', () => {
  it('has nothing to say against the policies', async () => {
    const policies = await until('the policies to be looked at', 60, async () => {
      const text = await kubectl.run([
        'get',
        'validatingadmissionpolicies',
        '-l',
        'sallyport.dev/part=floor',
        '-o',
        'json',
      ]);
      const { items } = JSON.parse(text) as { readonly items: readonly Looked[] };
      return items.every(({ status }) => status?.typeChecking) ? items : undefined;
    });
    expect(policies).toHaveLength(kinds.all.filter(({ label }) => label === undefined).length);
    expect(policies.flatMap(({ status }) => status?.typeChecking?.expressionWarnings ?? [])).toEqual([]);
  });

  it('has budget enough for a resource with 100 headers of 200 characters', async () => {
    await install({});
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (__, i) => [`X-Header-${i}`, 'harmless '.repeat(22)]),
    );
    await until(
      'the floor',
      30,
      async () => (await create(headers('many', { ...many, ...inline }))).code !== 0 || undefined,
    );
    expect(said((await create(headers('many', { ...many, ...inline }))).stderr)).toEqual([
      'MCP101 spec.headerForward.addPlaintextHeaders[Authorization]',
    ]);
    expect((await create(headers('many', many))).code).toBe(0);
  });
});
