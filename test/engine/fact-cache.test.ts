import { expect, it } from 'vitest';
import type { SourceFact } from '../../src/core/facts.ts';
import { sourceKey } from '../../src/core/model.ts';
import { rememberFacts } from '../../src/engine/fact-cache.ts';

const source = { kind: 'Secret', namespace: 'team-a', name: 'github-token' } as const;
const jane = { username: 'jane', uid: '7', groups: ['dev'], extra: {} };
const deadline = { signal: new AbortController().signal };

/** A cluster that answers what it is told to, and counts how often it is asked. */
function cluster(fact: SourceFact, may: boolean) {
  const clock = { now: 0 };
  const asked = { facts: 0, mayUse: 0 };
  const remembering = rememberFacts(
    {
      facts: () => {
        asked.facts += 1;
        return Promise.resolve(new Map([[sourceKey(source), fact]]));
      },
      mayUse: () => {
        asked.mayUse += 1;
        return Promise.resolve(may);
      },
      get: () => Promise.resolve(undefined),
    },
    () => clock.now,
  );
  return { clock, asked, remembering };
}

it('a Secret that is there and a right to use it are asked for once in ten seconds', async () => {
  const { clock, asked, remembering } = cluster({ state: 'present', keys: new Map() }, true);
  const look = async () => {
    expect((await remembering.facts([source], deadline)).get(sourceKey(source))?.state).toBe('present');
    expect(await remembering.mayUse?.(jane, source, deadline)).toBe(true);
  };
  await look();
  clock.now = 9_999;
  await look();
  expect(asked).toEqual({ facts: 1, mayUse: 1 });
  clock.now = 10_000;
  await look();
  expect(asked).toEqual({ facts: 2, mayUse: 2 });
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
    await remembering.mayUse?.(requester, secret, deadline);
  expect(asked.mayUse).toBe(4);
});

it.each<[string, SourceFact]>([
  ['missing', { state: 'absent' }],
  ['unreadable', { state: 'unknown', why: 'the API server could not be reached' }],
])('a Secret that is %s and a right that is not there are asked for each time', async (_, fact) => {
  const { asked, remembering } = cluster(fact, false);
  for (let i = 0; i < 3; i += 1) {
    await remembering.facts([source], deadline);
    expect(await remembering.mayUse?.(jane, source, deadline)).toBe(false);
  }
  expect(asked).toEqual({ facts: 3, mayUse: 3 });
});
