import { urlInvalid } from '../../../src/core/rules/url-invalid.ts';
import { testRule } from '../../support/rule-tester.ts';
import { remoteProxy } from './resources.ts';

testRule(urlInvalid, {
  valid: [
    { name: 'an https URL', resource: remoteProxy() },
    { name: 'an http URL', resource: remoteProxy({ remoteUrl: 'http://api.example.com/mcp' }) },
  ],
  invalid: [
    {
      name: 'a text that is no URL',
      resource: remoteProxy({ remoteUrl: 'api.example.com' }),
      places: ['spec.remoteUrl'],
    },
    { name: 'a server without a URL', resource: remoteProxy({ remoteUrl: '' }), places: ['(root)'] },
    {
      name: 'a client certificate for a plain http URL',
      resource: remoteProxy(
        { remoteUrl: 'http://api.example.com/mcp' },
        { 'sallyport.dev/client-tls-secret': 'github-client' },
      ),
      places: ['spec.remoteUrl'],
      what: 'plain http but a client certificate is given',
    },
  ],
});
