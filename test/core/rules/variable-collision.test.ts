import { variableCollision } from '../../../src/core/rules/variable-collision.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, remoteProxy, serverEntry } from './resources.ts';

const entry = (name: string, header: string, more: object = {}) =>
  serverEntry(name, { ...fromSecret([header]), ...more });

testRule(variableCollision, {
  valid: [
    { name: 'names that stay different', resource: remoteProxy(fromSecret(['X-Api-Key', 'X-Team-Key'])) },
    { name: 'what MCP302 reports already', resource: remoteProxy(fromSecret(['X-Api-Key', 'x-api-key'])) },
    {
      name: 'an entry of another group',
      resource: entry('c', 'X-A-B'),
      cluster: [entry('b-c', 'X-A', { groupRef: { name: 'other' } })],
    },
  ],
  invalid: [
    {
      name: 'two headers of one resource',
      resource: remoteProxy(fromSecret(['X-Api-Key', 'X_Api_Key'])),
      places: ['spec.headerForward.addHeadersFromSecret[1].headerName'],
      what: 'X_Api_Key and X-Api-Key are both passed in the environment variable',
    },
    {
      name: 'the headers of two entries of one group',
      resource: entry('c', 'X-A-B'),
      cluster: [entry('b-c', 'X-A')],
      places: ['spec.headerForward.addHeadersFromSecret[0].headerName'],
      what: 'X-A-B and X-A of MCPServerEntry b-c are both passed in the environment variable',
    },
    {
      name: 'one header of two entries whose names become one',
      resource: entry('b-c', 'X-A'),
      cluster: [entry('b.c', 'X-A')],
      places: ['spec.headerForward.addHeadersFromSecret[0].headerName'],
      what: 'X-A and X-A of MCPServerEntry b.c are both passed in the environment variable',
    },
  ],
});
