import { headerReserved } from '../../../src/core/rules/header-reserved.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentConfig, fromSecret, remoteProxy, secret } from './resources.ts';

testRule(headerReserved, {
  valid: [{ name: 'a header that belongs to nobody', resource: remoteProxy(fromSecret(['Authorization'])) }],
  invalid: [
    {
      name: 'a header of the connection',
      resource: remoteProxy(fromSecret(['Content-Length'])),
      places: ['spec.headerForward.addHeadersFromSecret[0].headerName'],
      what: 'header Content-Length is reserved',
    },
    {
      name: 'an option of Connection, which is no header',
      resource: remoteProxy(fromSecret(['Close'])),
      places: ['spec.headerForward.addHeadersFromSecret[0].headerName'],
      what: 'header Close is reserved',
    },
    {
      name: 'a header of MCP among the keys of a whole Secret',
      resource: agentConfig({ headersFrom: { secretRef: { name: 'github' } } }),
      cluster: [secret('github', { 'Mcp-Session-Id': 'one' })],
      places: ['spec.mcpServers[0].headersFrom.secretRef.name'],
      what: 'header Mcp-Session-Id (a key of Secret tools/github) is reserved',
    },
  ],
});
