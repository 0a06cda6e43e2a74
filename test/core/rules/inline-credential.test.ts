import { inlineCredential } from '../../../src/core/rules/inline-credential.ts';
import { testRule } from '../../support/rule-tester.ts';
import { inPlainText, remoteProxy, remoteServer, tokenServer } from './resources.ts';

const tokenWithin = (template: string) => ({
  headers: [
    { name: 'Authorization', serviceAccountToken: { audience: 'https://api.example.com' }, template },
  ],
});

testRule(inlineCredential, {
  valid: [
    { name: 'a scheme before a service account token', resource: tokenServer() },
    { name: 'a header that is no credential', resource: remoteProxy(inPlainText({ 'X-Tenant-ID': 'acme' })) },
    {
      name: 'a placeholder under a name that credentials have',
      resource: remoteProxy(inPlainText({ Authorization: 'Bearer ${TOKEN}' })),
    },
    {
      name: 'a header from a Secret',
      resource: remoteServer({
        headersFrom: [{ name: 'Authorization', valueFrom: { type: 'Secret', name: 'github', key: 'token' } }],
      }),
    },
  ],
  invalid: [
    {
      name: 'a value under a name that credentials have',
      resource: remoteProxy(inPlainText({ 'X-Team': 'acme', 'X-Api-Key': 'not-a-real-key' })),
      places: ['spec.headerForward.addPlaintextHeaders[X-Api-Key]'],
      what: 'the name X-Api-Key says so',
      fix: 'kubectl -n tools create secret generic github --from-file=X-Api-Key=PATH; name the Secret under spec.headerForward.addHeadersFromSecret',
    },
    {
      name: 'the shape of a token under any name',
      resource: remoteServer({ headersFrom: [{ name: 'X-Team', value: `ghp_${'a1B2'.repeat(9)}` }] }),
      places: ['spec.headersFrom[0].value'],
      what: 'the shape of the value says so',
    },
    {
      name: 'a credential around the place of a service account token',
      resource: tokenServer({}, tokenWithin(`Bearer ghp_${'a1B2'.repeat(9)} {value}`)),
      places: ['data[server.yaml].headers[0].template'],
      what: 'the text around {value} says so',
    },
  ],
});
