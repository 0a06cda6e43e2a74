import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocatePorts, declaredPorts } from '../../../src/core/inject/port-allocation.ts';
import type { ChosenServer } from '../../../src/core/inject/resolve.ts';
import { compileKinds } from '../../../src/core/kinds/index.ts';
import { partsHash, podName, urlVariable } from '../../../src/core/names.ts';
import { podWith, remoteProxy } from './world.ts';

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
/** What Kubernetes allows as an object's name: up to 253 characters, dots included. */
const objectName = fc
  .array(fc.constantFrom(...'a b c x y z 0 1 8 9 - .'.split(' ')), { minLength: 1, maxLength: 251 })
  .map((characters) => `a${characters.join('')}z`);

describe('a name in a pod', () => {
  it('is a DNS label of at most 63 characters for any object name, and always the same', () => {
    fc.assert(
      fc.property(objectName, (name) => {
        const made = podName(name, ['server', name]);
        expect(made).toMatch(dnsLabel);
        expect(made.startsWith('sallyport-')).toBe(true);
        expect(podName(name, ['server', name])).toBe(made);
      }),
    );
  });

  it('is one for any text at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(podName(text, [text])).toMatch(dnsLabel);
      }),
    );
  });

  it.each([
    ['github', 'sallyport-github-'],
    ['GitHub.Enterprise', 'sallyport-github-enterprise-'],
    ['--a..b--', 'sallyport-a-b-'],
    ['日本', 'sallyport-'],
    ['', 'sallyport-'],
    [`${'a'.repeat(39)}.${'b'.repeat(200)}`, `sallyport-${'a'.repeat(39)}-`],
    ['x'.repeat(253), `sallyport-${'x'.repeat(40)}-`],
  ])('from %j begins with %s and ends in the hash', (source, start) => {
    const hash = partsHash(['p']).toString('hex').slice(0, 12);
    expect(podName(source, ['p'])).toBe(`${start}${hash}`);
  });

  it('differs for different parts', () => {
    const parts = fc.array(fc.string({ maxLength: 6 }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(podName('x', a) === podName('x', b)).toBe(same);
      }),
    );
    const near = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['abc'],
      ['a', 'b', 'c'],
      ['', 'abc'],
      ['abc', ''],
      ['1:a', 'bc'],
    ];
    expect(new Set(near.map((one) => podName('x', one))).size).toBe(near.length);
    // Known since the first release: a change would rename the volumes of every pod.
    expect(podName('github', ['server', 'mcpremoteproxy.toolhive.stacklok.dev/github'])).toBe(
      'sallyport-github-5687fb59b54f',
    );
  });
});

it.each([
  ['github', 'SALLYPORT_URL_GITHUB'],
  ['git-hub.v2', 'SALLYPORT_URL_GIT_HUB_V2'],
  ['ünï', 'SALLYPORT_URL__N_'],
])('server %s has its URL in %s', (name, variable) => {
  expect(urlVariable(name)).toBe(variable);
});

const kind = compileKinds().find('toolhive.stacklok.dev', 'MCPRemoteProxy');

function chosen(name: string): ChosenServer {
  const owner = {
    group: 'toolhive.stacklok.dev',
    version: 'v1beta1',
    kind: 'MCPRemoteProxy',
    namespace: 'a',
    name,
  };
  const [server] = kind?.read(remoteProxy(name), owner).servers ?? [];
  if (!server) throw new Error('no server');
  return { name, server };
}

const isReserved = (port: number) =>
  (port >= 15000 && port <= 15099) || (port >= 4140 && port <= 4191) || port === 9464 || port === 8443;

describe('ports', () => {
  const scenario = fc.record({
    names: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 8 }),
    range: fc
      .tuple(fc.constantFrom(4130, 8440, 9460, 14700, 14990, 65500), fc.integer({ min: 1, max: 120 }))
      .map(([from, size]): [number, number] => [from, Math.min(from + size, 65535)]),
    taken: fc.uniqueArray(fc.integer({ min: 14700, max: 14730 }), { maxLength: 20 }),
    pinFirst: fc.boolean(),
  });

  it('are never taken, reserved or given twice, lie in the range, and are always the same', () => {
    fc.assert(
      fc.property(scenario, ({ names, range, taken, pinFirst }) => {
        const servers = names.toSorted().map(chosen);
        const used = new Map(taken.map((port) => [port, 'app']));
        const pinned = new Map(pinFirst ? [[servers[0]?.name ?? '', 30_000]] : []);
        const asked = { pinnedPorts: pinned, forward: undefined };
        const result = allocatePorts(servers, used, asked, range);
        expect(allocatePorts(servers, used, asked, range)).toEqual(result);
        const free = Array.from({ length: range[1] - range[0] + 1 }, (_, i) => range[0] + i).filter(
          (port) => !isReserved(port) && !used.has(port),
        );
        const needed = names.length + (pinFirst ? 0 : 1);
        if (free.length < needed) {
          expect(result).toMatchObject({ findings: [{ code: 'MCP505' }] });
          return;
        }
        if (result.kind === 'denied') throw new Error('refused although ports are free');
        const { admin, servers: ports } = result.plan;
        const all = [admin, ...ports];
        expect(new Set(all).size).toBe(names.length + 1);
        expect(admin).toBe(free[0]);
        expect(ports).toHaveLength(names.length);
        for (const port of all)
          expect(free.includes(port) || port === pinned.get(servers[0]?.name ?? '')).toBe(true);
      }),
    );
  });

  it('of containers are found wherever they are declared', () => {
    const pod = podWith(
      {},
      {
        initContainers: [{ name: 'a', ports: [{ containerPort: 1 }] }],
        containers: [
          { name: 'b', ports: [{ containerPort: 2 }, { containerPort: '3' }, null] },
          { name: 'c', ports: null },
        ],
      },
    );
    expect([...declaredPorts(pod)]).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });
});
