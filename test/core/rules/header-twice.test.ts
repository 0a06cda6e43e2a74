import { headerTwice } from '../../../src/core/rules/header-twice.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentConfig, fromSecret, inPlainText, remoteProxy, secret } from './resources.ts';

const withBundle = (headers: object) =>
  agentConfig({ headers, headersFrom: { secretRef: { name: 'github' } } });

testRule(headerTwice, {
  valid: [
    { name: 'different names', resource: remoteProxy(inPlainText({ 'X-One': 'a', 'X-Two': 'b' })) },
    {
      name: 'a key of a whole Secret that replaces a written header',
      resource: withBundle({ 'X-Team': 'acme' }),
      cluster: [secret('github', { 'X-Team': 'acme' })],
    },
  ],
  invalid: [
    {
      name: 'names that differ in case',
      resource: remoteProxy(inPlainText({ 'X-Team': 'a', 'x-team': 'b' })),
      places: ['spec.headerForward.addPlaintextHeaders[x-team]'],
      what: 'header x-team is set twice (names are case-insensitive), first at spec.headerForward.addPlaintextHeaders[X-Team]',
    },
    {
      name: 'each further copy of a name',
      resource: remoteProxy(fromSecret(['X-Team', 'X-Team', 'X-Team'])),
      places: [1, 2].map((i) => `spec.headerForward.addHeadersFromSecret[${i}].headerName`),
    },
    {
      name: 'a key of a whole Secret in another case',
      resource: withBundle({ 'X-Team': 'acme' }),
      cluster: [secret('github', { 'x-team': 'acme' })],
      places: ['spec.mcpServers[0].headersFrom.secretRef.name'],
    },
  ],
});
