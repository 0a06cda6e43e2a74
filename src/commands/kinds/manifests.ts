import { stringify } from 'yaml';
import { floor } from '../../core/floor/index.ts';
import { ownKindRoles, type Role } from '../../core/service-accounts.ts';
import { webhookRules } from '../../core/webhook-rules.ts';
import { InputError } from '../../files/documents.ts';
import { installationOption } from '../cluster-options.ts';
import { defineCommand } from '../command.ts';
import { loadConfiguration } from '../configuration-file.ts';

export const manifests = defineCommand({
  name: 'kinds manifests',
  summary: "print what a cluster needs for a team's own kinds",
  group: 'Check and explain',
  usage: 'CONFIG [options]',
  description: `
Prints the ClusterRoles, their bindings and the admission policies for the kinds of a configuration. With --webhook-patch it prints the
rules that the webhook needs instead, as a patch for Kustomize.

The Helm chart makes the roles and the rules from its value config.kinds. Without the chart, apply what this command prints.`,
  options: {
    'webhook-patch': {
      type: 'flag',
      help: 'print a JSON patch that adds the kinds to the webhook configuration',
    },
    namespace: installationOption,
  },
  argument: { name: 'config', required: true, what: "a configuration file with a team's own kinds" },
  printsObjects: true,
  examples: [
    ['sallyport kinds manifests config.yaml | kubectl apply -f -', 'create the roles and policies'],
    [
      'sallyport kinds manifests config.yaml --webhook-patch > own-kinds.yaml',
      'write the patch for Kustomize',
    ],
  ],
  exit: { 0: 'printed', 2: 'the configuration cannot be read, or has no kinds' },
  async run(values, terminal) {
    const configuration = await loadConfiguration(values.config);
    // ConfigMaps with a label have an entry of their own in the manifests.
    const own = configuration.kinds.filter(({ group }) => group !== '');
    if (own.length === 0)
      throw new InputError(
        `${values.config}: the configuration has no kinds; to describe one under kinds, see docs/kinds.md`,
      );
    if (values['webhook-patch']) {
      const patch = webhookRules(own).map((value) => ({ op: 'add', path: '/webhooks/0/rules/-', value }));
      terminal.out(yaml(patch));
      return 0;
    }
    const objects = [
      ...ownKindRoles(own).flatMap((role) => objectsOf(role, values.namespace)),
      ...floor(configuration, values.namespace, own),
    ];
    terminal.out(objects.map((object) => `---\n${yaml(object)}`).join(''));
    return 0;
  },
});

const yaml = (value: unknown): string => stringify(value, { lineWidth: 120, aliasDuplicateObjects: false });

const apiGroup = 'rbac.authorization.k8s.io';

function objectsOf({ name, account, rules }: Role, namespace: string): readonly object[] {
  const about = {
    apiVersion: `${apiGroup}/v1`,
    metadata: { name, labels: { 'app.kubernetes.io/name': 'sallyport' } },
  };
  return [
    {
      ...about,
      kind: 'ClusterRole',
      rules: rules.map(({ apiGroups, resources, verbs }) => ({ apiGroups, resources, verbs })),
    },
    {
      ...about,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
  ];
}
