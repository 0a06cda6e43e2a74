import { originNotAllowed } from '../../../src/core/rules/origin-not-allowed.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, headerInjection, limitedTo, remoteProxy, secret, serverEntry } from './resources.ts';

const uses = remoteProxy(fromSecret(['Authorization']));

testRule(originNotAllowed, {
  valid: [
    {
      name: 'an origin that the owner names',
      resource: uses,
      cluster: [limitedTo('https://api.example.com')],
    },
    { name: 'a Secret without a limit', resource: uses, cluster: [secret()] },
  ],
  invalid: [
    {
      name: 'another origin',
      resource: uses,
      cluster: [limitedTo('https://other.example.com')],
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'Secret tools/github may not be sent to https://api.example.com',
    },
    {
      name: 'another port of a host that the owner names',
      resource: uses,
      cluster: [limitedTo('https://api.example.com:8443')],
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'Secret tools/github may not be sent to https://api.example.com',
    },
    {
      name: 'plain http to a host that the owner names with https',
      resource: remoteProxy({ ...fromSecret(['Authorization']), remoteUrl: 'http://api.example.com/mcp/' }),
      cluster: [limitedTo('https://api.example.com')],
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'Secret tools/github may not be sent to http://api.example.com',
    },
    {
      name: 'a limit that could not be read',
      resource: uses,
      missing: { state: 'unknown', cause: 'late', why: 'the answer came too late' },
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'whether Secret tools/github may be sent to https://api.example.com is not known',
    },
    {
      name: 'the Secret of an object that the resource names, at the URL of the resource',
      resource: serverEntry('github', { externalAuthConfigRef: { name: 'github-auth' } }),
      cluster: [headerInjection('github-auth'), limitedTo('https://other.example.com')],
      places: ['spec.externalAuthConfigRef.name'],
      what: 'Secret tools/github may not be sent to https://api.example.com',
    },
  ],
});
