import type { Step } from './sandbox.ts';

/** What a contributor adds, by the lists of CONTRIBUTING.md, with contents that serve the test alone. */
export interface Recipe {
  /** The heading in CONTRIBUTING.md. */
  readonly section: string;
  /** By the file as the list names it, with NAME in place of the new thing's name. */
  readonly steps: ReadonlyMap<string, Step>;
  /** The parity tests of what is not generated. */
  readonly tests: readonly string[];
  /** How a failing test names the thing that is not complete. */
  readonly names: RegExp;
}

const created = (file: string, text: string): Step => ({ file, edit: () => text });

/** Puts a line after the only line that has this text. */
const after =
  (text: string, ...lines: readonly string[]) =>
  (current: string): string => {
    const all = current.split('\n');
    const at = all.findIndex((line) => line.includes(text));
    if (at < 0) throw new Error(`no line has ${text}`);
    return all.toSpliced(at + 1, 0, ...lines).join('\n');
  };

const inOrder =
  (...edits: readonly ((current: string) => string)[]) =>
  (current: string): string =>
    edits.reduce((text, edit) => edit(text), current);

const server = (name: string): string => `apiVersion: toolhive.stacklok.dev/v1beta1
kind: MCPServerEntry
metadata:
  name: ${name}
  namespace: tools
spec:
  remoteUrl: https://api.example.com/mcp
  transport: streamable-http
  groupRef:
    name: tools
`;
const fenced = (yaml: string): string => `\`\`\`yaml\n${yaml}\`\`\``;

export const rule: Recipe = {
  section: 'Add a rule',
  steps: new Map([
    [
      'src/core/rules/NAME.ts',
      created(
        'src/core/rules/throwaway-name.ts',
        `import { defineRule, report } from './rule.ts';

export const throwawayName = defineRule({
  code: 'MCP499',
  title: 'throwaway name',
  mode: 'enforce',
  ratchet: 'server',
  atPods: 'refuse-if-enforced',
  needs: 'object',
  check({ name, url }) {
    if (!url || name !== 'throwaway') return [];
    return [
      report(url.at, [], {
        what: 'the server is called throwaway',
        why: 'that name exists for a test alone',
        fix: 'choose another name',
      }),
    ];
  },
});
`,
      ),
    ],
    [
      'src/core/rules/index.ts',
      {
        file: 'src/core/rules/index.ts',
        edit: inOrder(
          after('import { secretUnchecked }', "import { throwawayName } from './throwaway-name.ts';"),
          after('  plainHttp,', '  throwawayName,'),
        ),
      },
    ],
    [
      'test/core/rules/NAME.test.ts',
      created(
        'test/core/rules/throwaway-name.test.ts',
        `import { throwawayName } from '../../../src/core/rules/throwaway-name.ts';
import { testRule } from '../../support/rule-tester.ts';
import { serverEntry } from './resources.ts';

testRule(throwawayName, {
  valid: [{ name: 'another name', resource: serverEntry('one') }],
  invalid: [{ name: 'the name throwaway', resource: serverEntry('throwaway'), places: ['spec.remoteUrl'] }],
});
`,
      ),
    ],
    [
      'test/core/rules/NAME.test.ts',
      created(
        'test/core/rules/throwaway-name.test.ts',
        `import { throwawayName } from '../../../src/core/rules/throwaway-name.ts';
import { testRule } from '../../support/rule-tester.ts';

const resource = (name: string) => ({
  apiVersion: 'toolhive.stacklok.dev/v1beta1',
  kind: 'MCPServerEntry',
  metadata: { name, namespace: 'tools' },
  spec: { remoteUrl: 'https://api.example.com/mcp', transport: 'streamable-http', groupRef: { name: 'tools' } },
});

testRule(throwawayName, {
  valid: [{ name: 'another name', resource: resource('one') }],
  invalid: [{ name: 'the name', resource: resource('throwaway'), places: ['spec.remoteUrl'] }],
});
`,
      ),
    ],
    [
      'docs/rules.md',
      {
        file: 'docs/rules.md',
        edit: (current) =>
          current.replace(
            /^(?=## MCP501)/m,
            `## MCP499: throwaway name

Default mode: \`enforce\`.

**Catches:** a server called throwaway.

**Why:** that name exists for a test alone.

**Fix:** choose another name.

Bad:

${fenced(server('throwaway'))}

Good:

${fenced(server('one'))}

`,
          ),
      },
    ],
  ]),
  tests: ['test/docs/rules.test.ts', 'test/parity/rules.test.ts', 'test/core/rules'],
  names: /MCP499|throwaway/,
};

const description = `# A kind that a test adds and takes away again.
family: kagent
group: throwaway.example.com
kind: Throwaway
plural: throwaways
versions: [v1]
servers:
  name: $.metadata.name
  url: $.spec.url
  env:
    - secret: $.spec.secretName
      key: $.spec.secretKey
`;

const object = (url: string): string => `apiVersion: throwaway.example.com/v1
kind: Throwaway
metadata:
  name: one
  namespace: tools
spec:
  url: ${url}
  secretName: token
  secretKey: value
---
apiVersion: v1
kind: Secret
metadata: { name: token, namespace: tools }
stringData:
  value: made-up
`;

export const kind: Recipe = {
  section: 'Add a kind',
  steps: new Map([
    ['src/core/kinds/NAME.yaml', created('src/core/kinds/throwaway.throwaway.example.com.yaml', description)],
    [
      'src/core/kinds/index.ts',
      {
        file: 'src/core/kinds/index.ts',
        edit: inOrder(
          after('import toolServer from', "import throwaway from './throwaway.throwaway.example.com.yaml';"),
          after('  toolServer,', '  throwaway,'),
        ),
      },
    ],
    [
      'test/kinds/NAME/good.yaml',
      created('test/kinds/throwaways.throwaway.example.com/good.yaml', object('https://api.example.com/mcp')),
    ],
    [
      'test/kinds/NAME/bad.yaml',
      created('test/kinds/throwaways.throwaway.example.com/bad.yaml', object('https://169.254.169.254/mcp')),
    ],
    [
      'docs/kinds.md',
      {
        file: 'docs/kinds.md',
        edit: (current) =>
          current.replace(
            /^(?=## Everything else)/m,
            `### \`Throwaway.throwaway.example.com\`

<!-- fields of Throwaway.throwaway.example.com -->

<!-- end -->

`,
          ),
      },
    ],
  ]),
  tests: ['test/parity/kinds.test.ts', 'test/parity/hostile-objects.test.ts', 'test/kinds/fixtures.test.ts'],
  names: /throwaway/i,
};
