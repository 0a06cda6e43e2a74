import { secretImmutable } from '../../../src/core/rules/secret-immutable.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, remoteProxy, secret } from './resources.ts';

const uses = remoteProxy(fromSecret(['Authorization']));

testRule(secretImmutable, {
  valid: [{ name: 'a Secret that can change', resource: uses, cluster: [secret()] }],
  invalid: [
    {
      name: 'a Secret that cannot change',
      resource: uses,
      cluster: [secret('github', undefined, { immutable: true })],
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'Secret tools/github is immutable',
    },
  ],
});
