import { expect, it } from 'vitest';
import { compileKinds } from '../../src/core/kinds/index.ts';
import { inGroup } from '../../src/core/model.ts';
import { hostileRequests } from '../hostile/objects.ts';

const requests = hostileRequests('sallyport-test-hostile');

it('every kind has hostile objects, and so have pods, Jobs and StatefulSets', () => {
  const sent = new Set(requests.map(({ resource }) => resource));
  const kinds = compileKinds().all.map(({ plural, group }) => inGroup(plural, group));
  expect([...sent].toSorted()).toEqual([...kinds, 'pods', 'jobs.batch', 'statefulsets.apps'].toSorted());
});

it('there are at least sixty, each between 80 kB and what the API server takes', () => {
  expect(requests.length).toBeGreaterThanOrEqual(60);
  for (const { title, body } of requests) {
    expect(Buffer.byteLength(body), title).toBeGreaterThan(80_000);
    expect(Buffer.byteLength(body), title).toBeLessThan(3 * 1024 * 1024);
  }
});

it('no two have one name in one place', () => {
  const places = requests.map(({ path, name }) => `${path}/${name}`);
  expect(places.filter((place, i) => places.indexOf(place) !== i)).toEqual([]);
});
