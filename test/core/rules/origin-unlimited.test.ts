import { originUnlimited } from '../../../src/core/rules/origin-unlimited.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, limitedTo, remoteProxy, secret } from './resources.ts';

const uses = remoteProxy(fromSecret(['Authorization']));

testRule(originUnlimited, {
  valid: [
    { name: 'a Secret with a limit', resource: uses, cluster: [limitedTo('https://api.example.com')] },
    { name: 'a Secret that does not exist', resource: uses },
  ],
  invalid: [
    {
      name: 'a Secret without a limit',
      resource: uses,
      cluster: [secret()],
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'Secret tools/github has no origin limit',
    },
  ],
});
