import { addressForGateway } from '../../../src/core/rules/address-for-gateway.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, kagentServer, remoteProxy } from './resources.ts';

const at = (url: string) => ({ url });

testRule(addressForGateway, {
  valid: [
    { name: 'a host name', resource: kagentServer('github') },
    {
      name: 'loopback without a credential',
      resource: kagentServer('github', { url: 'http://localhost:8080/mcp', headersFrom: [] }),
    },
    {
      name: 'an address for a system without an egress gateway',
      resource: remoteProxy({ remoteUrl: 'https://192.0.2.7/mcp', ...fromSecret(['Authorization']) }),
    },
  ],
  invalid: [
    {
      name: 'an IPv4 address',
      resource: kagentServer('github', at('https://192.0.2.7/mcp')),
      places: ['spec.url'],
      what: 'the URL points at an IP address',
    },
    {
      name: 'an IPv6 address without a credential',
      resource: kagentServer('github', { url: 'https://[2001:db8::7]/mcp', headersFrom: [] }),
      places: ['spec.url'],
    },
    {
      name: 'an address in another spelling',
      resource: kagentServer('github', at('https://3221225991/mcp')),
      places: ['spec.url'],
    },
    {
      name: 'loopback with a credential',
      resource: kagentServer('github', at('http://localhost:8080/mcp')),
      places: ['spec.url'],
      what: 'the URL points at loopback',
    },
  ],
});
