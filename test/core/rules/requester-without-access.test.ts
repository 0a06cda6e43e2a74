import { requesterWithoutAccess } from '../../../src/core/rules/requester-without-access.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, limitedTo, remoteProxy, secret } from './resources.ts';

const uses = remoteProxy(fromSecret(['Authorization']));

testRule(requesterWithoutAccess, {
  valid: [
    { name: 'a requester who may use the Secret', resource: uses, cluster: [secret()], access: 'yes' },
    {
      name: 'an origin that the owner of the Secret names',
      resource: uses,
      cluster: [limitedTo('https://api.example.com')],
      access: 'no',
    },
  ],
  invalid: [
    {
      name: 'a requester who may not use the Secret',
      resource: uses,
      cluster: [secret()],
      access: 'no',
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'you may neither read Secret tools/github nor run pods in its namespace',
    },
    {
      name: 'the same where the owner of the Secret names other origins',
      resource: uses,
      cluster: [limitedTo('https://other.example.com')],
      access: 'no',
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'you may neither read Secret tools/github nor run pods in its namespace',
    },
    {
      name: 'the same where the owner of the Secret names no origin at all',
      resource: uses,
      cluster: [limitedTo('')],
      access: 'no',
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'you may neither read Secret tools/github nor run pods in its namespace',
    },
    {
      name: 'the same where the Secret does not exist',
      resource: uses,
      access: 'no',
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'you may neither read Secret tools/github nor run pods in its namespace',
    },
    {
      name: 'a requester whose rights are not known',
      resource: uses,
      cluster: [secret()],
      access: { state: 'unknown', cause: 'failed', why: 'the API server did not answer' },
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'whether you may use Secret tools/github is not known',
    },
  ],
});
