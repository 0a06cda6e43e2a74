import { plainCredential } from '../../../src/core/rules/plain-credential.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentConfig, localServer } from './resources.ts';

testRule(plainCredential, {
  valid: [
    { name: 'a variable that is no credential', resource: localServer({ env: { LOG_LEVEL: 'debug' } }) },
    { name: 'an argument that is a path', resource: localServer({ args: ['--token-file', '/run/token'] }) },
  ],
  invalid: [
    {
      name: 'a credential in a variable',
      resource: localServer({ env: { LOG_LEVEL: 'debug', SEARCH_API_KEY: 'not-a-real-key' } }),
      places: ['spec.deployment.env[SEARCH_API_KEY]'],
      what: 'the name SEARCH_API_KEY says so',
    },
    {
      name: 'a credential after its flag',
      resource: localServer({ args: ['--api-key', 'abcdefgh12345678'] }),
      places: ['spec.deployment.args[1]'],
    },
    {
      name: 'a Secret that the operator copies in plain text',
      resource: agentConfig({
        type: 'stdio',
        command: 'search',
        url: undefined,
        envFrom: { secretRef: { name: 'search' } },
      }),
      places: ['spec.mcpServers[0].envFrom.secretRef.name'],
      what: 'Secret search is copied in plain text',
    },
  ],
});
