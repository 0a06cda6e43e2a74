import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { startCluster } from '../cluster/cluster.ts';
import { moduleFolder, moduleOf } from '../cluster/definitions.ts';
import type { Kubectl, Manifest } from '../cluster/kubectl.ts';
import { namespace, testNamespace } from '../cluster/objects.ts';
import { configured, installSallyport } from '../cluster/sallyport.ts';
import { images, operatorImages } from './images.ts';

/** Where the operators run. */
export const operators = testNamespace('operators');
export const serviceAccounts = { toolhive: 'toolhive-operator', kmcp: 'kmcp-controller' } as const;

/** A cluster with a DNS, as the operators expect one, with Sallyport, its operator switched on, and them. */
export const withOperators = {
  start: async (say: (line: string) => void) =>
    startCluster(say, { images: await operatorImages(say), dns: true }),
  install: async (kubectl: Kubectl, say: (line: string) => void) => {
    await installSallyport(kubectl, say, [moduleOf('toolhive'), moduleOf('kmcp')]);
    await configured(kubectl, { inject: { families: { toolhive: true } } });
    await installOperators(kubectl);
  },
};

/** Both operators, with the rights that their own repositories give them. */
async function installOperators(kubectl: Kubectl): Promise<void> {
  const [toolhive, kmcp] = await Promise.all([
    moduleFolder(moduleOf('toolhive')),
    moduleFolder(moduleOf('kmcp')),
  ]);
  const chart = await readFile(
    path.join(toolhive, 'deploy/charts/operator/templates/clusterrole/role.yaml'),
    'utf8',
  );
  const role = await readFile(path.join(kmcp, 'config/rbac/role.yaml'), 'utf8');
  await kubectl.apply(namespace(operators));
  // Of the chart's file the first document is plain YAML; behind it are templates of bindings.
  await kubectl.run(['apply', '-f', '-'], chart.split('{{')[0] ?? '');
  await kubectl.run(['apply', '-f', '-'], role);
  await kubectl.apply(
    ...operator(serviceAccounts.toolhive, 'toolhive-operator-manager-role', images.operator, [], {
      UNSTRUCTURED_LOGS: 'false',
      POD_NAMESPACE: operators,
      TOOLHIVE_USE_CONFIGMAP: 'true',
      ENABLE_EXPERIMENTAL_FEATURES: 'false',
      TOOLHIVE_ENABLE_STORAGE_VERSION_MIGRATOR: 'true',
      TOOLHIVE_RUNNER_IMAGE: images.runner,
      VMCP_IMAGE: images.vmcp,
      TOOLHIVE_PROXY_HOST: '0.0.0.0',
    }),
    ...operator(serviceAccounts.kmcp, 'manager-role', images.kmcp, [], {}),
  );
  for (const name of Object.values(serviceAccounts))
    await kubectl.wait(operators, `deployment/${name}`, 'condition=Available', 120);
}

function operator(
  name: string,
  role: string,
  image: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Manifest[] {
  const labels = { app: name };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: operators, name } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', namespace: operators, name }],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: operators, name },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            containers: [
              {
                name: 'manager',
                image,
                args,
                env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
                readinessProbe: { httpGet: { path: '/readyz', port: 8081 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    },
  ];
}
