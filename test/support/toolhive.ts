import { decodeConfigStep } from '../../src/core/contracts/config-step-contract.ts';
import { decodeProxyConfig } from '../../src/core/contracts/proxy-contract.ts';
import { applyPatch } from '../../src/core/inject/apply.ts';
import { containersOf, fieldsAt, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { on, proxyWorld } from '../core/operators/toolhive-world.ts';
import { beyondClosedList } from './closed-list.ts';
import { operationsOf, reviewOf, startWebhook } from './webhook.ts';

/** Pods of ToolHive's operator, sent through the webhook. */

export const webhookWith = (objects: readonly object[] = proxyWorld, configuration: object = on) =>
  startWebhook({ objects: { 'cluster.yaml': objects }, configuration });

/** The same objects with some of them replaced, by kind and name. */
export function world(base: readonly object[], ...others: readonly object[]): readonly object[] {
  const key = (object: object) => `${textAt(object, 'kind')}/${textAt(fieldsAt(object, 'metadata'), 'name')}`;
  const replaced = new Set(others.map(key));
  return [...base.filter((one) => !replaced.has(key(one))), ...others];
}

/** The pod as it would be stored. */
export async function rewritten(pod: Fields, objects?: readonly object[], configuration?: object) {
  const { rewrite } = await webhookWith(objects, configuration);
  const answer = await rewrite(reviewOf(pod));
  if (answer.patch === undefined) throw new Error(`not rewritten: ${JSON.stringify(answer)}`);
  const operations = operationsOf(answer);
  const beyond = beyondClosedList(pod, operations);
  if (beyond.length > 0) throw new Error(`changed beside the closed list: ${beyond.join(', ')}`);
  const stored = applyPatch(pod, operations);
  const named = (name: string) => {
    const found = containersOf(stored).find((one) => one.name === name);
    if (!found) throw new Error(`there is no container ${name}`);
    return found.fields;
  };
  const variable = (container: string, name: string) =>
    textAt(
      listAt(named(container), 'env').find((one) => one['name'] === name),
      'value',
    );
  const stepText = () => variable('sallyport-config', 'SALLYPORT_CONFIG_STEP');
  return {
    stored,
    named,
    env: (container: string) => listAt(named(container), 'env'),
    proxy: () => decodeProxyConfig(variable('sallyport-proxy', 'SALLYPORT_PROXY_CONFIG')),
    stepText,
    step: () => decodeConfigStep(stepText()),
  };
}
