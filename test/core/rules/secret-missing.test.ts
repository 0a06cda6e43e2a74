import { secretMissing } from '../../../src/core/rules/secret-missing.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, headerInjection, remoteProxy, secret, serverEntry } from './resources.ts';

const uses = remoteProxy(fromSecret(['Authorization', 'X-Other']));

testRule(secretMissing, {
  valid: [
    { name: 'a Secret that exists', resource: uses, cluster: [secret()] },
    {
      name: 'a Secret that could not be looked up',
      resource: uses,
      missing: { state: 'unknown', cause: 'failed', why: 'the API server did not answer' },
    },
  ],
  invalid: [
    {
      name: 'a Secret that does not exist, once for all headers',
      resource: uses,
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.name'],
      what: 'Secret tools/github does not exist',
    },
    {
      name: 'the missing Secret of an object that the resource names',
      resource: serverEntry('github', { externalAuthConfigRef: { name: 'github-auth' } }),
      cluster: [headerInjection('github-auth')],
      places: ['spec.externalAuthConfigRef.name'],
      what: 'MCPExternalAuthConfig tools/github-auth is named here, and Secret tools/github does not exist',
    },
  ],
});
