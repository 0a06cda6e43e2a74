import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ClusterAddress, Kubectl } from '../cluster/kubectl.ts';
import { underLoad, type Outcome } from '../cluster/load.ts';
import { fromSecret, namespace, secret, serverEntry } from '../cluster/objects.ts';

/** Long enough for a stream to be steady before something happens, and to meet what comes late. */
export const calmMs = 3000;

/** A namespace with the server that the stream's pods ask for, and its Secret. */
export const streamNamespace = (kubectl: Kubectl, name: string): Promise<unknown> =>
  kubectl.apply(
    namespace(name),
    secret(name, 'token', { token: 'Bearer abc' }),
    serverEntry(name, 'asked-for', fromSecret('token', 'token')),
  );

/** Nothing that was sent failed, and there was something of each sort to fail. */
export function expectNobodyNoticed({ sent, failed }: Outcome): void {
  expect(failed).toEqual([]);
  expect(Object.keys(sent)).toHaveLength(6);
}

/** Something happens under a steady stream of admissions, and the stream says what came of it. */
export const steadily = (
  cluster: ClusterAddress,
  namespace: string,
  action: () => Promise<unknown>,
): Promise<Outcome> =>
  underLoad(cluster, namespace, async () => {
    await sleep(calmMs);
    await action();
    await sleep(calmMs);
  });

/** The same, and nobody may be refused. Says the figures, which are what a release is judged by. */
export async function refusesNobody(
  cluster: ClusterAddress,
  namespace: string,
  action: () => Promise<unknown>,
): Promise<Outcome> {
  const outcome = await steadily(cluster, namespace, action);
  const sent = Object.values(outcome.sent).reduce((a, b) => a + b, 0);
  console.log(`${expect.getState().currentTestName}: ${sent} requests, ${outcome.failed.length} failed`);
  expectNobodyNoticed(outcome);
  return outcome;
}
