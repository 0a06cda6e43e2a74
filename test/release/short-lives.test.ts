import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { base, system, webhooksAnswer } from '../cluster/sallyport.ts';
import { secret, testNamespace } from '../cluster/objects.ts';
import { until } from '../cluster/processes.ts';
import { installedAsBefore, takenAway } from './installed.ts';
import { refusesNobody, streamNamespace } from './stream.ts';
import { printsOf, served, trusted } from './trusted.ts';

/**
 * Certificates and a CA that live as short as may be, and are renewed because their time has come: nobody deletes anything,
 * and nobody asks for anything.
 */

const cluster = inject('cluster');
const kubectl = new Kubectl(cluster);
const ns = testNamespace('short-lives');
const minute = 60_000;
/** Valid for five minutes before it is made, against clocks that differ, and for an hour after: due at 43 min 20 s. */
const ca = { lifeMs: 60 * minute, ageMs: 35 * minute };
const certificates = 4;

beforeAll(async () => {
  await streamNamespace(kubectl, ns);
  await takenAway(kubectl);
  // As the certificate controller made it 35 minutes ago, so that the test need not wait.
  const made = await createAuthority('made-before', { now: Date.now() - ca.ageMs, lifeMs: ca.lifeMs });
  await kubectl.apply(
    secret(system, 'sallyport-authority', { 'ca.crt': made.certificate, 'ca.key': made.key }),
  );
  const manifests = await kubectl.run(['kustomize', base]);
  const short = manifests.replace(
    /- certificates\n( +)- --in-cluster\n/,
    '$&$1- --ca-life=1h\n$1- --leaf-life=5m\n',
  );
  expect(short).not.toBe(manifests);
  await kubectl.run(['apply', '-f', '-'], short);
  await kubectl.wait(system, 'deployment/sallyport', 'condition=Available', 180);
  await webhooksAnswer(kubectl);
  expect(await trusted(kubectl)).toEqual(printsOf(made.certificate));
}, 400_000);
afterAll(() => installedAsBefore(cluster, console.log), 400_000);

describe('with the shortest lives there are', () => {
  it(`a CA and ${certificates} certificates have their time, and nobody is refused`, async () => {
    const [first] = await trusted(kubectl);
    const leaves = new Set<string>();
    let most = 0;
    await refusesNobody(cluster, ns, () =>
      until(
        'another CA alone, and certificates one after the other',
        900,
        async () => {
          const now = await trusted(kubectl);
          most = Math.max(most, now.length);
          for (const one of await served(cluster)) leaves.add(one);
          return leaves.size > certificates && now.length === 1 && now[0] !== first ? true : undefined;
        },
        2000,
      ),
    );
    console.log(`${leaves.size} certificates`);
    expect(most).toBe(2);
  }, 1_000_000);
});
