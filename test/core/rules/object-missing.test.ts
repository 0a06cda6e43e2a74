import { objectMissing } from '../../../src/core/rules/object-missing.ts';
import { testRule } from '../../support/rule-tester.ts';
import { configMap, headerInjection, serverEntry } from './resources.ts';

const withCa = serverEntry('github', { caBundleRef: { configMapRef: { name: 'github-ca', key: 'ca.crt' } } });
const withAuth = serverEntry('github', { externalAuthConfigRef: { name: 'github-auth' } });

testRule(objectMissing, {
  valid: [
    {
      name: 'a ConfigMap that exists',
      resource: withCa,
      cluster: [configMap('github-ca', { 'ca.crt': '' })],
    },
    { name: 'another resource that exists', resource: withAuth, cluster: [headerInjection('github-auth')] },
  ],
  invalid: [
    {
      name: 'a ConfigMap that does not exist',
      resource: withCa,
      places: ['spec.caBundleRef.configMapRef.name'],
      what: 'MCPServerEntry github refers to ConfigMap tools/github-ca, which does not exist',
    },
    {
      name: 'another resource that does not exist',
      resource: withAuth,
      places: ['spec.externalAuthConfigRef.name'],
      what: 'MCPServerEntry github refers to MCPExternalAuthConfig tools/github-auth, which does not exist',
    },
  ],
});
