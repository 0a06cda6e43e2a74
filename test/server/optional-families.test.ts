import { expect, it } from 'vitest';
import { decodeProxyConfig, proxyEnv } from '../../src/core/contracts/proxy-contract.ts';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { fieldsAt, listAt, textAt } from '../../src/core/k8s/objects.ts';
import { clusterWith } from '../support/cluster.ts';
import { labelledPod, operationsOf, reviewOf, secret, startWebhook } from '../support/webhook.ts';

const payments = {
  apiVersion: 'dapr.io/v1alpha1',
  kind: 'MCPServer',
  metadata: { name: 'payments', namespace: 'team-a' },
  spec: {
    endpoint: {
      streamableHTTP: {
        url: 'https://payments.example.com/mcp',
        headers: [{ name: 'Authorization', secretKeyRef: { name: 'payments', key: 'authorization' } }],
      },
    },
  },
};
const objects = { 'c.yaml': [payments, secret('payments', { authorization: 'Bearer abc' })] };

it('a pod gets a server of another system by its kind and group', async () => {
  const { mutate } = await startWebhook({ objects });
  const pod = labelledPod('mcpserver.dapr.io/payments');
  const injected = applyPatch(pod, operationsOf(await mutate(reviewOf(pod))));
  const [proxy] = listAt(fieldsAt(injected, 'spec'), 'initContainers');
  const written = listAt(proxy, 'env').find((one) => textAt(one, 'name') === proxyEnv.config);
  expect(decodeProxyConfig(textAt(written, 'value')).servers).toMatchObject([
    { name: 'payments', headers: [{ name: 'Authorization' }] },
  ]);
});

it('a kind without its group is looked up only in the systems that every installation covers', async () => {
  const asked: string[] = [];
  const cluster = clusterWith({
    get: ({ plural, group }) => {
      asked.push(`${plural}.${group}`);
      return Promise.resolve({ state: 'absent' });
    },
  });
  const { mutate } = await startWebhook({ cluster });
  const { status } = await mutate(reviewOf(labelledPod('mcpserver/payments')));
  expect(asked).toEqual(['mcpservers.kagent.dev']);
  expect(status?.message).toMatch(
    /mcpserver\/payments does not exist in the namespace of the pod; .* or write the group of another system, such as mcpserver\.[a-z0-9.-]+\/payments\.$/,
  );
});
