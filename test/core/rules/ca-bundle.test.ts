import { generate } from 'selfsigned';
import { caBundle } from '../../../src/core/rules/ca-bundle.ts';
import { testRule } from '../../support/rule-tester.ts';
import { configMap, serverEntry } from './resources.ts';

const { cert } = await generate([{ name: 'commonName', value: 'ca' }], { keyType: 'ec' });
const uses = serverEntry('github', { caBundleRef: { configMapRef: { name: 'github-ca', key: 'ca.crt' } } });

testRule(caBundle, {
  valid: [
    {
      name: 'a bundle of certificates',
      resource: uses,
      cluster: [configMap('github-ca', { 'ca.crt': cert })],
    },
    { name: 'a ConfigMap that does not exist, which MCP205 reports', resource: uses },
  ],
  invalid: [
    {
      name: 'a text that is no certificate',
      resource: uses,
      cluster: [configMap('github-ca', { 'ca.crt': 'not a certificate' })],
      places: ['spec.caBundleRef.configMapRef.key'],
      what: 'is not a bundle of certificates in PEM',
    },
    {
      name: 'a key that the ConfigMap does not have',
      resource: uses,
      cluster: [configMap('github-ca', { other: cert })],
      places: ['spec.caBundleRef.configMapRef.key'],
      what: 'has no key "ca.crt"',
    },
  ],
});
