import { secretWithoutLabel } from '../../../src/core/rules/secret-without-label.ts';
import { testRule } from '../../support/rule-tester.ts';
import { secret } from './resources.ts';

const label = 'tools.example.com/credential';
const own = [
  {
    family: 'ours',
    group: 'tools.example.com',
    kind: 'Toolbox',
    plural: 'toolboxes',
    versions: ['v1'],
    servers: {
      url: '$.spec.url',
      headers: [
        {
          each: '$.spec.auth[]',
          name: '@.header',
          secret: '@.secret',
          key: "'token'",
          requiredLabels: { [label]: 'true' },
        },
      ],
      env: [{ secret: '$.spec.environment' }],
    },
  },
];
const toolbox = (...headers: readonly string[]) => ({
  apiVersion: 'tools.example.com/v1',
  kind: 'Toolbox',
  metadata: { name: 'office', namespace: 'tools' },
  spec: {
    url: 'https://api.example.com/mcp',
    auth: headers.map((header) => ({ header, secret: 'github' })),
    environment: 'github',
  },
});
const labelled = (labels: object) => {
  const made = secret();
  return { ...made, metadata: { ...made.metadata, labels } };
};

testRule(secretWithoutLabel, {
  own,
  valid: [
    {
      name: 'a Secret with the label',
      resource: toolbox('X-Key'),
      cluster: [labelled({ [label]: 'true', other: 'a' })],
    },
    { name: 'a Secret without it where no label is required', resource: toolbox(), cluster: [secret()] },
    { name: 'a Secret that does not exist', resource: toolbox('X-Key') },
    {
      name: 'a Secret that could not be read',
      resource: toolbox('X-Key'),
      missing: { state: 'unknown', cause: 'failed', why: 'no answer' },
    },
  ],
  invalid: [
    {
      name: 'a Secret without labels, once',
      resource: toolbox('X-Key', 'X-Other'),
      cluster: [secret()],
      places: ['spec.auth[0].secret'],
      what: `Secret tools/github does not have the label ${label}=true`,
      fix: `kubectl -n tools label secret github ${label}=true --overwrite`,
    },
    {
      name: 'a Secret with another value',
      resource: toolbox('X-Key'),
      cluster: [labelled({ [label]: 'false' })],
      places: ['spec.auth[0].secret'],
    },
  ],
});
