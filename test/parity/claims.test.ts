import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../src/core/configuration.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';
import { podIn } from '../../src/core/k8s/pod-template.ts';
import { claimOfObject } from '../../src/core/operators/claim.ts';
import { operatorAdapters } from '../../src/core/operators/index.ts';
import { operatorNames } from '../../src/core/operators/operator-names.ts';
import { selects } from '../../src/core/operators/selector.ts';
import { entriesFor, workloadCases } from '../support/operator-workloads.ts';

/** The API server selects what it sends; claimOf decides who handles it. Both must agree on every object. */

const platform = (on: boolean) => {
  const read = readConfiguration({
    apiVersion: 'sallyport.dev/v1',
    kind: 'Configuration',
    inject: { families: Object.fromEntries(operatorNames.map((name) => [name, on])) },
  });
  if (read.kind === 'invalid') throw new Error(read.problems.map(({ text }) => text).join());
  return read.configuration.inject;
};

/** An adapter can tell from the shape of some pods that they hold no servers. No match condition says so. */
const holdsServers = (object: Fields): boolean =>
  operatorAdapters.some(
    (adapter) => adapter.hasServers?.(podIn(object) ?? {}) ?? selects(adapter.selector, asPod(object)),
  );
const asPod = (object: Fields) => ({ kind: 'Pod', object }) as const;

describe.each(workloadCases)('%s', (_what, object) => {
  const sent = entriesFor(object);
  const isPod = object['kind'] === 'Pod';

  it('is sent to the entry of whoever handles it', () => {
    const claim = claimOfObject(object, 'team-a', platform(true));
    if (claim.kind === 'label' && isPod) expect(sent).toContain('inject-labelled-pods');
    if (claim.kind === 'operator') expect(sent).toContain('inject-operator-workloads');
  });

  it('is handled by somebody wherever it is sent, or holds no servers', () => {
    const { kind } = claimOfObject(object, 'team-a', platform(true));
    if (sent.includes('inject-labelled-pods')) expect(['label', 'operator']).toContain(kind);
    if (sent.includes('inject-operator-workloads')) expect(kind === 'operator').toBe(holdsServers(object));
  });

  it('is nobody’s but the label’s while every operator is off', () => {
    const claim = claimOfObject(object, 'team-a', platform(false));
    const labelled = sent.includes('inject-labelled-pods');
    if (isPod) expect(claim.kind).toBe(labelled ? 'label' : 'none');
    if (claim.kind === 'none')
      expect(claim.reason === 'operator-off').toBe(
        sent.includes('inject-operator-workloads') && holdsServers(object),
      );
  });
});

it('every operator that can be switched on has an adapter, and no other', () => {
  expect(operatorAdapters.map(({ name }) => name).toSorted()).toEqual([...operatorNames].toSorted());
});
