import { Kubectl } from '../cluster/kubectl.ts';
import { namespace, testNamespace } from '../cluster/objects.ts';
import { withOperators } from './install.ts';
import { deployments, makeWorld, noneLeaves, onePodOf, podOf, restartsOf } from './world.ts';
import { counted, isRollout, writesIn } from './writes.ts';

// Leaves the operators alone with what Sallyport made of their pods, and says what was written meanwhile:
// npm run operators:left-alone -- 15
const minutes = Number(process.argv[2] ?? '15');
const say = (line: string) => console.log(line);
const ns = testNamespace('toolhive');

const cluster = await withOperators.start(say);
try {
  const kubectl = new Kubectl(cluster.address);
  await withOperators.install(kubectl, say);
  await kubectl.apply(namespace(ns));
  await makeWorld(kubectl, ns, 'a-token-of-the-run');
  const pods = () => Promise.all(deployments.map((name) => onePodOf(kubectl, ns, name)));
  for (const name of deployments) await podOf(kubectl, ns, name);
  await noneLeaves(kubectl, ns);
  const before = await pods();
  const since = Date.now();
  say(`everything is ready; left alone for ${minutes} minutes`);
  await new Promise((resolve) => setTimeout(resolve, minutes * 60_000));
  const [after, writes] = [await pods(), await writesIn(cluster.address, ns, since)];
  const same = after.filter(({ metadata }, i) => metadata.uid === before[i]?.metadata.uid).length;
  say(`${same} of ${deployments.length} pods are the same`);
  const restarts = after.flatMap(restartsOf).reduce((sum, one) => sum + one, 0);
  say(`${restarts} restarts of their containers`);
  say(`${writes.filter(isRollout).length} writes that could make other pods; of all writes:`);
  for (const line of counted(writes)) say(line);
} finally {
  await cluster.stop();
}
