import { urlCredential } from '../../../src/core/rules/url-credential.ts';
import { testRule } from '../../support/rule-tester.ts';
import { remoteProxy } from './resources.ts';

testRule(urlCredential, {
  valid: [
    { name: 'a URL without a credential', resource: remoteProxy() },
    {
      name: 'a parameter that is no credential',
      resource: remoteProxy({ remoteUrl: 'https://api.example.com/mcp?tenant=acme' }),
    },
  ],
  invalid: [
    {
      name: 'a password before the host',
      resource: remoteProxy({ remoteUrl: 'https://user:not-a-real-password@api.example.com/mcp' }),
      places: ['spec.remoteUrl'],
    },
    {
      name: 'a key in a parameter',
      resource: remoteProxy({ remoteUrl: 'https://api.example.com/mcp?api_key=abcdefgh12345678' }),
      places: ['spec.remoteUrl'],
    },
  ],
});
