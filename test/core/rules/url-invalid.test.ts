import { urlInvalid } from '../../../src/core/rules/url-invalid.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentConfig, remoteProxy } from './resources.ts';

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
    {
      name: 'a server without a URL, with the field that is missing',
      resource: remoteProxy({ remoteUrl: undefined }),
      places: ['(root)'],
      what: 'spec.remoteUrl is missing',
      fix: 'add spec.remoteUrl: https://',
    },
    {
      name: 'an empty URL at its place',
      resource: remoteProxy({ remoteUrl: '' }),
      places: ['spec.remoteUrl'],
      what: 'the URL is empty',
      fix: 'write it as https://',
    },
    {
      name: 'a misspelt field at its place, with the name that is meant',
      resource: remoteProxy({ remoteUrl: undefined, remote_url: 'https://api.example.com/mcp' }),
      places: ['spec.remote_url'],
      what: 'spec.remoteUrl is missing; did you write spec.remote_url instead?',
      fix: 'rename spec.remote_url to spec.remoteUrl',
    },
    {
      name: 'the field of one server of a list',
      resource: agentConfig({ url: undefined, ulr: 'https://search.example.com/mcp' }),
      places: ['spec.mcpServers[0].ulr'],
      what: 'spec.mcpServers[0].url is missing',
    },
    {
      name: 'a client certificate for a plain http URL',
      resource: remoteProxy(
        { remoteUrl: 'http://api.example.com/mcp' },
        { 'sallyport.dev/client-tls-secret': 'github-client' },
      ),
      places: ['spec.remoteUrl'],
      what: 'begins with http://, but a client certificate is set',
    },
  ],
});
