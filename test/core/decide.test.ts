import { describe, expect, it } from 'vitest';
import { codes, type Code } from '../../src/core/codes.ts';
import { readConfiguration, type Configuration } from '../../src/core/configuration.ts';
import type { Facts } from '../../src/core/facts.ts';
import { identity, type Finding } from '../../src/core/finding.ts';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { Path } from '../../src/core/path.ts';
import { decide } from '../../src/core/review/decide.ts';
import { inspect } from '../../src/core/review/inspect.ts';
import { matchesGlob } from '../../src/core/glob.ts';
import { modeOf } from '../../src/core/review/mode.ts';
import { noTokens } from '../../src/core/service-account-token.ts';

const kind = 'mcpremoteproxies.toolhive.stacklok.dev';
const subject = { kind, namespace: 'tools', name: 'github', username: 'jane', today: '2026-11-20' };

function configuration(settings: object): Configuration {
  const read = readConfiguration({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings });
  if (read.kind === 'invalid') throw new Error(read.problems.map(({ text }) => text).join('\n'));
  return read.configuration;
}

const exemption = { codes: ['MCP101'], kind, namespace: 'tools', name: 'github', reason: 'agreed' };
const levels = {
  exemptions: [exemption],
  writers: [{ username: 'ja*', rules: { MCP101: 'audit' } }],
  namespaces: [{ names: ['to*'], rules: { MCP101: 'warn' } }],
  kinds: { [kind]: 'audit' },
  rules: { MCP101: 'warn' },
};
const modeWith = (modes: object, exemptions: object[] = []) =>
  modeOf('MCP101', subject, configuration({ modes, exemptions }));

describe('the mode of a code', () => {
  const { exemptions, writers, namespaces, kinds, rules } = levels;
  it.each([
    ['an exemption comes first', 'off', { writers, namespaces, kinds, rules }, exemptions],
    ['then the writer', 'audit', { writers, namespaces, kinds, rules }, []],
    ['then the namespace', 'warn', { namespaces, kinds, rules }, []],
    ['then the kind', 'audit', { kinds, rules }, []],
    ['then the rule', 'warn', { rules }, []],
    ['then the default', 'enforce', {}, []],
    ['the ceiling caps the default', 'warn', { ceiling: 'warn' }, []],
    ['the ceiling caps what was chosen', 'audit', { ceiling: 'audit', rules: { MCP101: 'enforce' } }, []],
    ['the ceiling raises nothing', 'off', { ceiling: 'warn', rules: { MCP101: 'off' } }, []],
    ['an exemption holds under a ceiling', 'off', { ceiling: 'audit' }, exemptions],
    ['a rule for another code says nothing', 'enforce', { rules: { MCP201: 'off' } }, []],
    [
      'a writer who is silent on the code leaves it to the next',
      'warn',
      { writers: [{ username: '*', rules: {} }], rules },
      [],
    ],
    [
      'another writer says nothing',
      'enforce',
      { writers: [{ username: 'john', rules: { MCP101: 'off' } }] },
      [],
    ],
    [
      'another namespace says nothing',
      'enforce',
      { namespaces: [{ names: ['to'], rules: { MCP101: 'off' } }] },
      [],
    ],
    ['another kind says nothing', 'enforce', { kinds: { 'agents.kagent.dev': 'off' } }, []],
  ])('%s', (_, mode, modes, exempt) => {
    expect(modeWith(modes, exempt)).toBe(mode);
  });

  it.each([
    ['the last day holds', { until: '2026-11-20' }, 'off'],
    ['a day in the future holds', { until: '2027-01-31' }, 'off'],
    ['a day in the past does not', { until: '2026-11-19' }, 'enforce'],
    ['another code does not', { codes: ['MCP102'] }, 'enforce'],
    ['another kind does not', { kind: 'agents.kagent.dev' }, 'enforce'],
    ['another namespace does not', { namespace: 'other' }, 'enforce'],
    ['another name does not', { name: 'linear' }, 'enforce'],
    ['a star in a name is only a star', { name: '*' }, 'enforce'],
  ])('of an exemption: %s', (_, change, mode) => {
    expect(modeWith({}, [{ ...exemption, ...change }])).toBe(mode);
  });

  it('is the one in the table when nothing is configured', () => {
    for (const [code, { mode }] of Object.entries(codes))
      expect(modeOf(code as Code, subject, configuration({}))).toBe(mode);
  });
});

describe('a pattern', () => {
  it.each([
    ['sandbox-*', 'sandbox-a', true],
    ['sandbox-*', 'sandbox-', true],
    ['sandbox-*', 'my-sandbox-a', false],
    ['*', '', true],
    ['*-dev-*', 'a-dev-b', true],
    ['system:serviceaccount:kagent:*', 'system:serviceaccount:kagent:controller', true],
    ['a.c', 'abc', false],
    ['a+(b)[c]', 'a+(b)[c]', true],
    ['tools', 'tools2', false],
  ])('%s and %s: %j', (pattern, text, matches) => {
    expect(matchesGlob(pattern, text)).toBe(matches);
  });
});

const kinds = compileKinds();
const one = (headerName: string, name: string) => ({ headerName, valueSecretRef: { name, key: 'token' } });
const object = (spec: object) => ({ metadata: { name: 'github' }, spec });
const plain = (headers: object) =>
  object({ remoteUrl: 'https://a.example/', headerForward: { addPlaintextHeaders: headers } });
const fromSecrets = (remoteUrl: string, ...list: object[]) =>
  object({ remoteUrl, headerForward: { addHeadersFromSecret: list } });

function findingsOf(value: unknown): Finding[] {
  const owner = {
    group: 'toolhive.stacklok.dev',
    version: 'v1beta1',
    kind: 'MCPRemoteProxy',
    namespace: 'tools',
    name: 'github',
  };
  const reading = kinds.find(owner.group, owner.kind)?.read(value, owner) ?? {
    servers: [],
    mismatches: [],
    manual: '',
    ineffective: [],
  };
  const absent = ['a', 'b'].map((name) => [`Secret/tools/${name}`, { state: 'absent' }] as const);
  const facts: Facts = new Map(absent);
  return inspect(reading, {
    facts,
    links: new Map(),
    access: new Map(),
    now: 0,
    credentialNames: { sensitive: [], harmless: [] },
    tokenPolicy: noTokens,
  });
}

/** The codes an update is denied for. */
function denied(before: unknown, after: unknown, settings: object = {}): string[] {
  const circumstances = { subject, dryRun: false, before: findingsOf(before) };
  return decide(findingsOf(after), circumstances, configuration(settings)).denied.map(({ code }) => code);
}

describe('an update', () => {
  const [a, b] = [one('X-One', 'a'), one('X-Two', 'b')];
  const http = 'http://a.example/';
  const enforce = { modes: { rules: { MCP403: 'enforce' } } };
  const metadata = 'https://169.254.169.254/';

  it.each([
    [
      'what was wrong before is let through',
      fromSecrets('https://a.example/', a),
      fromSecrets('https://a.example/', a),
      [],
    ],
    [
      'moving an entry in a list is no new fault',
      fromSecrets('https://a.example/', a, b),
      fromSecrets('https://a.example/', b, a),
      [],
    ],
    [
      'a second fault is denied, the first is not',
      fromSecrets('https://a.example/', a),
      fromSecrets('https://a.example/', a, b),
      ['MCP201'],
    ],
    [
      'mending one fault and making another is denied',
      fromSecrets('https://a.example/', a),
      fromSecrets('https://a.example/', b),
      ['MCP201'],
    ],
    [
      'a third copy of a header is new',
      fromSecrets('https://a.example/', a, a),
      fromSecrets('https://a.example/', a, a, a),
      ['MCP302'],
    ],
    [
      'the same value under the same name is old',
      plain({ 'X-Api-Key': 'one' }),
      plain({ 'X-Api-Key': 'one' }),
      [],
    ],
    ['the name in another case is old', plain({ 'X-Api-Key': 'one' }), plain({ 'x-api-key': 'one' }), []],
    [
      'another value under the same name is new',
      plain({ 'X-Api-Key': 'one' }),
      plain({ 'X-Api-Key': 'two' }),
      ['MCP101'],
    ],
    [
      'the same value under another name is new',
      plain({ 'X-Api-Key': 'one' }),
      plain({ 'X-Token': 'one' }),
      ['MCP101'],
    ],
    ['another invalid URL is new', object({ remoteUrl: 'a' }), object({ remoteUrl: 'b' }), ['MCP404']],
  ])('%s', (_, before, after, codes) => {
    expect(denied(before, after)).toEqual(codes);
  });

  it.each([
    ['with nothing changed is let through', fromSecrets(http, one('X', 'c')), []],
    ['with another URL is judged anew', fromSecrets('http://b.example/', one('X', 'c')), ['MCP403']],
    ['with another Secret is judged anew', fromSecrets(http, one('X', 'd')), ['MCP403']],
    ['with one more Secret is judged anew', fromSecrets(http, one('X', 'c'), one('Y', 'd')), ['MCP403']],
  ])('of a server on plain http %s', (_, after, codes) => {
    expect(denied(fromSecrets(http, one('X', 'c')), after, enforce)).toEqual(codes);
  });

  it.each([
    ['with nothing changed is let through', fromSecrets(metadata, one('X', 'c')), []],
    ['with another path is judged anew', fromSecrets(`${metadata}latest`, one('X', 'c')), ['MCP405']],
    ['with another Secret is judged anew', fromSecrets(metadata, one('X', 'd')), ['MCP405']],
  ])('of a server at a metadata address %s', (_, after, codes) => {
    expect(denied(fromSecrets(metadata, one('X', 'c')), after)).toEqual(codes);
  });

  it('of a server on plain http whose headers only change places is let through', () => {
    const [c, d] = [one('X', 'c'), one('Y', 'd')];
    expect(denied(fromSecrets(http, c, d), fromSecrets(http, d, c), enforce)).toEqual([]);
  });

  it('says why it is let through', () => {
    const found = findingsOf(fromSecrets('https://a.example/', a));
    const decision = decide(found, { subject, dryRun: false, before: found }, configuration({}));
    expect(decision.warned).toEqual([{ finding: found[0], because: 'already there before this change' }]);
  });
});

const finding = (code: Code): Finding => ({
  code,
  at: Path.root,
  what: 'this',
  why: 'that',
  fix: 'do',
  identity: identity(code),
});

describe('a dry run', () => {
  const decideDry = (code: Code, settings: object = {}, dryRun = true) =>
    decide([finding(code)], { subject, dryRun, before: [] }, configuration(settings));

  it.each(['MCP201', 'MCP202'] as const)('only warns of %s', (code) => {
    expect(decideDry(code)).toEqual({
      denied: [],
      warned: [{ finding: finding(code), because: 'would be denied without dry run' }],
      audited: [],
    });
  });
  it.each(['MCP201', 'MCP202'] as const)('denies %s when it is to be the same', (code) => {
    expect(decideDry(code, { dryRun: 'same' }).denied).toEqual([finding(code)]);
  });
  it.each(['MCP101', 'MCP204', 'MCP404'] as const)('denies %s like the real request', (code) => {
    expect(decideDry(code).denied).toEqual([finding(code)]);
  });
  it('that is none denies a missing Secret', () => {
    expect(decideDry('MCP201', {}, false).denied).toEqual([finding('MCP201')]);
  });
});

describe('each mode has its own end', () => {
  it.each([
    ['enforce', [1, 0, 0]],
    ['warn', [0, 1, 0]],
    ['audit', [0, 0, 1]],
    ['off', [0, 0, 0]],
  ])('%s', (mode, counts) => {
    const settings = configuration({ modes: { rules: { MCP101: mode } } });
    const decision = decide([finding('MCP101')], { subject, dryRun: false, before: [] }, settings);
    expect([decision.denied.length, decision.warned.length, decision.audited.length]).toEqual(counts);
  });
});
