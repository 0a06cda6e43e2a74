import { configMapHeader } from '../../../src/core/rules/config-map-header.ts';
import { testRule } from '../../support/rule-tester.ts';
import { remoteServer } from './resources.ts';

const from = (type: string, name: string) =>
  remoteServer({ headersFrom: [{ name, valueFrom: { type, name: 'github', key: 'token' } }] });

testRule(configMapHeader, {
  valid: [
    { name: 'a credential from a Secret', resource: from('Secret', 'Authorization') },
    { name: 'a harmless header from a ConfigMap', resource: from('ConfigMap', 'X-Tenant-ID') },
  ],
  invalid: [
    {
      name: 'a credential from a ConfigMap',
      resource: from('ConfigMap', 'Authorization'),
      places: ['spec.headersFrom[0].valueFrom.name'],
      what: 'taken from ConfigMap tools/github',
    },
  ],
});
