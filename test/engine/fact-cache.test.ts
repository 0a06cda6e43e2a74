import { expect, it } from 'vitest';
import type { SourceFact } from '../../src/core/facts.ts';
import { sourceKey } from '../../src/core/model.ts';
import { rememberFacts } from '../../src/engine/fact-cache.ts';
import { clusterWith } from '../support/cluster.ts';

const source = { kind: 'Secret', namespace: 'team-a', name: 'github-token' } as const;
const jane = { username: 'jane', uid: '7', groups: ['dev'], extra: {} };
const toGet = ({ namespace, name }: { namespace: string; name: string }) =>
  ({ verb: 'get', group: '', resource: 'secrets', namespace, name }) as const;
const deadline = { signal: new AbortController().signal };

/** A cluster that answers what it is told to, and counts how often it is asked. */
function cluster(fact: SourceFact, may: boolean) {
  const clock = { now: 0 };
  const asked = { facts: 0, may: 0 };
  const remembering = rememberFacts(
    clusterWith({
      facts: () => {
        asked.facts += 1;
        return Promise.resolve(new Map([[sourceKey(source), fact]]));
      },
      may: () => {
        asked.may += 1;
        return Promise.resolve(may ? 'yes' : 'no');
      },
    }),
    () => clock.now,
  );
  return { clock, asked, remembering };
}

it('a Secret that is there and a right to use it are asked for once in ten seconds', async () => {
  const { clock, asked, remembering } = cluster({ state: 'present', keys: new Map() }, true);
  const look = async () => {
    expect((await remembering.facts([source], deadline)).get(sourceKey(source))?.state).toBe('present');
    expect(await remembering.may(jane, toGet(source), deadline)).toBe('yes');
  };
  await look();
  clock.now = 9_999;
  await look();
  expect(asked).toEqual({ facts: 1, may: 1 });
  clock.now = 10_000;
  await look();
  expect(asked).toEqual({ facts: 2, may: 2 });
});

it("a right is one person's, with the groups of the request, and for one Secret", async () => {
  const { asked, remembering } = cluster({ state: 'absent' }, true);
  const other = { ...source, name: 'other' };
  for (const [requester, secret] of [
    [jane, source],
    [{ ...jane, username: 'john' }, source],
    [{ ...jane, groups: [] }, source],
    [jane, other],
  ] as const)
    await remembering.may(requester, toGet(secret), deadline);
  expect(asked.may).toBe(4);
});

it.each<[string, SourceFact]>([
  ['missing', { state: 'absent' }],
  ['unreadable', { state: 'unknown', cause: 'failed', why: 'the API server cannot be reached' }],
])('a Secret that is %s and a right that is not there are asked for each time', async (_, fact) => {
  const { asked, remembering } = cluster(fact, false);
  for (let i = 0; i < 3; i += 1) {
    await remembering.facts([source], deadline);
    expect(await remembering.may(jane, toGet(source), deadline)).toBe('no');
  }
  expect(asked).toEqual({ facts: 3, may: 3 });
});

it('remembers facts of at most 16 MiB, however many keys and names of origins its Secrets have', async () => {
  const asked: string[] = [];
  const fact = (name: string): SourceFact => ({
    state: 'present',
    keys: new Map(Array.from({ length: 1024 }, (_, i) => [`${name}-${i}`.padEnd(253, 'x'), {}])),
  });
  const remembering = rememberFacts(
    clusterWith({
      facts: (sources) => {
        asked.push(...sources.map(({ name }) => name));
        return Promise.resolve(new Map(sources.map((one) => [sourceKey(one), fact(one.name)])));
      },
    }),
    () => 0,
  );
  const look = (name: string) => remembering.facts([{ ...source, name }], deadline);
  for (let i = 0; i < 80; i += 1) await look(`secret-${i}`);
  asked.length = 0;
  await look('secret-79');
  await look('secret-0');
  expect(asked).toEqual(['secret-0']);
});

it('remembers a right under a key of a fixed length, whatever the requester says of himself', async () => {
  const { asked, remembering } = cluster({ state: 'absent' }, true);
  const extra = { scopes: Array.from({ length: 1000 }, (_, i) => `scope-${i}`) };
  const [one, other] = [
    { ...jane, extra },
    { ...jane, extra: { scopes: [...extra.scopes, 'more'] } },
  ];
  for (const requester of [one, one, { ...one }, other])
    await remembering.may(requester, toGet(source), deadline);
  expect(asked.may).toBe(2);
});
