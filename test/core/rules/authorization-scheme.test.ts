import { authorizationScheme } from '../../../src/core/rules/authorization-scheme.ts';
import { testRule } from '../../support/rule-tester.ts';
import { fromSecret, kagentModel, kagentServer, remoteProxy, secret } from './resources.ts';

const bare = secret('github', { token: 'not-a-real-token' });

testRule(authorizationScheme, {
  valid: [
    {
      name: 'a scheme before the credential',
      resource: kagentServer('github'),
      cluster: [secret('github', { token: 'Bearer not-a-real-token' })],
    },
    {
      name: 'one word in another header',
      resource: kagentServer('github', {
        headersFrom: [{ name: 'X-Api-Key', valueFrom: { type: 'Secret', name: 'github', key: 'token' } }],
      }),
      cluster: [bare],
    },
    {
      name: 'one word where the system adds the scheme',
      resource: kagentModel('large', 'https://models.example.com/v1'),
      cluster: [bare],
    },
    {
      name: 'one word for a system without an egress gateway',
      resource: remoteProxy(fromSecret(['Authorization'])),
      cluster: [bare],
    },
    {
      name: 'a Secret that is not known',
      resource: kagentServer('github'),
      missing: { state: 'unknown', cause: 'failed', why: 'the API server did not respond' },
    },
  ],
  invalid: [
    {
      name: 'a token without a scheme',
      resource: kagentServer('github'),
      cluster: [bare],
      places: ['spec.headersFrom[0].valueFrom.key'],
      what: 'the value of key "token" in Secret tools/github is one word',
      fix: 'kubectl -n tools edit secret github',
    },
  ],
});
