import { credentialConflict } from '../../../src/core/rules/credential-conflict.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentTemplate, kagentModel, kagentServer } from './resources.ts';

const at = (url: string) => ({ url });
const other = { name: 'rooms', key: 'token' };

testRule(credentialConflict, {
  valid: [
    {
      name: 'one credential for two servers of one host',
      resource: agentTemplate(['calendar', 'rooms']),
      cluster: [kagentServer('calendar'), kagentServer('rooms')],
    },
    {
      name: 'two credentials for two hosts',
      resource: agentTemplate(['calendar', 'rooms']),
      cluster: [
        kagentServer('calendar', at('https://calendar.example.com/mcp')),
        kagentServer('rooms', at('https://rooms.example.com/mcp'), other),
      ],
    },
    {
      name: 'two credentials in two headers',
      resource: agentTemplate(['calendar', 'rooms']),
      cluster: [
        kagentServer('calendar'),
        kagentServer('rooms', {
          headersFrom: [{ name: 'X-Api-Key', valueFrom: { type: 'Secret', ...other } }],
        }),
      ],
    },
    {
      name: 'two servers that no agent has in common',
      resource: agentTemplate(['calendar']),
      cluster: [kagentServer('calendar'), kagentServer('rooms', {}, other)],
    },
    { name: 'servers that do not exist', resource: agentTemplate(['calendar', 'rooms']) },
  ],
  invalid: [
    {
      name: 'two credentials for one host, whatever path, port and letters it has',
      resource: agentTemplate(['calendar', 'rooms']),
      cluster: [
        kagentServer('calendar', at('https://office.example.com/calendar')),
        kagentServer('rooms', at('https://Office.example.com.:8443/rooms'), other),
      ],
      places: ['spec.tools[1].mcp.server.name'],
      what: 'RemoteMCPServer rooms and RemoteMCPServer calendar send different credentials to office.example.com in header authorization',
      fix: 'kubectl -n tools edit remotemcpserver.api.kagent.dev rooms',
    },
    {
      name: 'a model and a server behind one gateway',
      resource: agentTemplate(['calendar'], { modelConfig: { name: 'large' } }),
      cluster: [
        kagentModel('large', 'https://gateway.example.com/v1'),
        kagentServer('calendar', at('https://gateway.example.com/calendar')),
      ],
      places: ['spec.tools[0].mcp.server.name'],
      what: 'RemoteMCPServer calendar and ModelConfig large send different credentials',
    },
  ],
});
