import { valueUnusable } from '../../../src/core/rules/value-unusable.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentConfig, fromSecret, kagentServer, remoteProxy, secret } from './resources.ts';

const uses = remoteProxy(fromSecret(['Authorization']));

testRule(valueUnusable, {
  valid: [
    { name: 'a value that can be sent', resource: uses, cluster: [secret()] },
    {
      name: 'a line end after the value',
      resource: uses,
      cluster: [secret('github', { token: 'not-a-real-token\n' })],
    },
  ],
  invalid: [
    {
      name: 'a line end where an egress gateway sends the value as it is',
      resource: kagentServer('github'),
      cluster: [secret('github', { token: 'Bearer not-a-real-token\n' })],
      places: ['spec.headersFrom[0].valueFrom.key'],
      what: 'the value of key "token" in Secret tools/github ends in a line break',
    },
    {
      name: 'a value of two lines',
      resource: uses,
      cluster: [secret('github', { token: 'one\ntwo' })],
      places: ['spec.headerForward.addHeadersFromSecret[0].valueSecretRef.key'],
      what: 'the value of key "token" in Secret tools/github contains a line break',
    },
    {
      name: 'an empty value in a whole Secret',
      resource: agentConfig({ headersFrom: { secretRef: { name: 'github' } } }),
      cluster: [secret('github', { 'X-Team': 'acme', 'X-Empty': '' })],
      places: ['spec.mcpServers[0].headersFrom.secretRef.name'],
      what: 'the value of key "X-Empty" in Secret tools/github is empty',
    },
  ],
});
