import { secretUnchecked } from '../../../src/core/rules/secret-unchecked.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, remoteProxy, secret } from './resources.ts';

const uses = remoteProxy(fromSecret(['Authorization']));

testRule(secretUnchecked, {
  valid: [
    { name: 'a Secret that was read', resource: uses, cluster: [secret()] },
    { name: 'a Secret that is known to be absent', resource: uses },
  ],
  invalid: [
    {
      name: 'a Secret that Sallyport may not read',
      resource: uses,
      missing: { state: 'unknown', cause: 'forbidden', why: 'Sallyport has no right to read it' },
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'Secret tools/github was not checked: Sallyport has no right to read it',
    },
  ],
});
