import { plainCredential } from '../../../src/core/rules/plain-credential.ts';
import { testRule } from '../../support/rule-tester.ts';
import { agentConfig, localServer } from './resources.ts';

const stdio = (server: object) =>
  agentConfig({ type: 'stdio', command: 'search', url: undefined, ...server });

testRule(plainCredential, {
  valid: [
    {
      name: 'a shell that reads the credential from a file, which is the fix for a process of Kelos',
      resource: stdio({
        command: 'sh',
        args: ['-c', 'read -r TOKEN < /tokens/token; export TOKEN; exec the-server'],
      }),
    },
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
      name: 'a credential of a process that an operator starts, with a fix that leads to no other finding',
      resource: stdio({ env: [{ name: 'SEARCH_API_KEY', value: 'not-a-real-key' }] }),
      places: ['spec.mcpServers[0].env[0].value'],
      fix: "command sh, args ['-c', 'read -r TOKEN < /tokens/token; export TOKEN; exec the-server']",
    },
    {
      name: 'a Secret that the operator copies in plain text',
      resource: stdio({ envFrom: { secretRef: { name: 'search' } } }),
      places: ['spec.mcpServers[0].envFrom.secretRef.name'],
      what: 'copies the value of Secret search in plain text',
    },
  ],
});
