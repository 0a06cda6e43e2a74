import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { injectedLabel, injectLabel, podAnnotations } from '../../src/core/annotations.ts';
import { configStepName } from '../../src/core/inject/config-step.ts';
import { sidecarName } from '../../src/core/inject/sidecar.ts';

interface Policy {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly failurePolicy: string;
    readonly validations: readonly { readonly expression: string; readonly message: string }[];
  };
}

const rendered = readFileSync(path.join(import.meta.dirname, '../../manifests/base/sallyport.yaml'), 'utf8');
const policies = parseAllDocuments(rendered)
  .map((document) => document.toJS() as Policy)
  .filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
const policy = (name: string): Policy => {
  const found = policies.find(({ metadata }) => metadata.name === name);
  if (!found) throw new Error(`${name} is not rendered`);
  return found;
};
const quoted = (text: string) =>
  new Set([...text.matchAll(/'(sallyport\.dev\/[^']+)'/g)].map(([, key]) => key));

it('the guard protects each annotation and label of a pod that the program knows', () => {
  const keys = policy('sallyport-guard').spec.validations.flatMap(({ expression }) => [
    ...quoted(expression),
  ]);
  expect(new Set(keys)).toEqual(new Set([...Object.values(podAnnotations), injectLabel, injectedLabel]));
});

it.each(['sallyport-guard', 'sallyport-names'])(
  '%s fails closed and names our containers as the program does',
  (name) => {
    const { spec } = policy(name);
    expect(spec.failurePolicy).toBe('Fail');
    const text = JSON.stringify(spec);
    expect(text).toContain(`one.name in ['${sidecarName}', '${configStepName}']`);
    for (const { message } of spec.validations) expect(message).toMatch(/^Sallyport: /);
  },
);
