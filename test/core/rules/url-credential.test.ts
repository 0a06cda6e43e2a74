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
    {
      name: 'a fragment that names a place in the page',
      resource: remoteProxy({ remoteUrl: 'https://api.example.com/mcp#section-2' }),
    },
  ],
  invalid: [
    {
      name: 'a password before the host',
      resource: remoteProxy({ remoteUrl: 'https://user:not-a-real-password@api.example.com/mcp' }),
      places: ['spec.remoteUrl'],
    },
    {
      name: 'a user without a password before the host',
      resource: remoteProxy({ remoteUrl: 'https://not-a-real-token@api.example.com/mcp' }),
      places: ['spec.remoteUrl'],
      what: 'the URL contains a credential (a user or password before the host)',
    },
    {
      name: 'a key in a parameter of the fragment',
      resource: remoteProxy({ remoteUrl: 'https://api.example.com/mcp#access_token=abcdefgh12345678' }),
      places: ['spec.remoteUrl'],
      what: 'the URL contains a credential (the fragment)',
    },
    {
      name: 'a fragment that has the form of a token',
      resource: remoteProxy({
        remoteUrl: `https://api.example.com/mcp#ghp_${'aB3dE5gH7j'.repeat(4).slice(0, 36)}`,
      }),
      places: ['spec.remoteUrl'],
      what: 'the URL contains a credential (the fragment)',
    },
    {
      name: 'a key in a parameter',
      resource: remoteProxy({ remoteUrl: 'https://api.example.com/mcp?api_key=abcdefgh12345678' }),
      places: ['spec.remoteUrl'],
    },
  ],
});
