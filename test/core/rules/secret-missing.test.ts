import { secretMissing } from '../../../src/core/rules/secret-missing.ts';
import { testRule } from '../../support/rule-tester.ts';
import {
  agentConfig,
  bearerToken,
  fromSecret,
  headerInjection,
  remoteProxy,
  secret,
  serverEntry,
} from './resources.ts';

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
      fix: 'create it from a file with the whole header value, such as Bearer TOKEN: kubectl -n tools create secret generic github --from-file=token=PATH',
    },
    {
      name: 'a Secret to which the operator adds the scheme',
      resource: bearerToken,
      places: ['spec.bearerToken.tokenSecretRef.name'],
      what: 'Secret tools/github does not exist',
      fix: 'create it from a file with the value without "Bearer", which is added to it: kubectl -n tools create secret generic github --from-file=token=PATH',
    },
    {
      name: 'a whole Secret, whose keys are header names',
      resource: agentConfig({ headersFrom: { secretRef: { name: 'github' } } }),
      places: ['spec.mcpServers[0].headersFrom.secretRef.name'],
      fix: 'with the whole value of each header, such as Bearer TOKEN, under its name as the key: kubectl -n tools create secret generic github --from-file=KEY=PATH',
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
