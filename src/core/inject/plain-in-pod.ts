import type { CredentialNames } from '../credentials/index.ts';
import type { Finding } from '../finding.ts';
import { parsePath } from '../kinds/path/parse.ts';
import { plainReader } from '../kinds/records/plain.ts';
import { scopeOf } from '../kinds/records/reads.ts';
import type { McpServer, PlainText } from '../model.ts';
import { ownPrefix } from '../names.ts';
import { Path } from '../path.ts';
import { rules } from '../rules/index.ts';
import { runRule } from '../rules/run-rule.ts';
import { noTokens } from '../service-account-token.ts';
import { Work } from '../work.ts';
import { podFinding } from './pod-finding.ts';
import { containersOf, type Container, type Fields } from '../k8s/objects.ts';

/** Credentials in plain text in what the containers of a pod are started with. */

/** What a process gets when it starts, and what the kubelet runs or sends for its probes and hooks. */
const fields = ['command', 'args', 'env', 'lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'];
const readers = fields.map((field) => plainReader({ value: parsePath(`@.${field}`) }));

/** These rules take a server, so the texts of a pod are given as those of one. */
const plainRules = rules.filter((rule) => rule.needs === 'object' && rule.inContainers);

/** All containers are examined except those with our prefix, which the webhook generates. */
export function plainInPod(pod: Fields, credentialNames: CredentialNames): Finding[] {
  const work = new Work();
  const texts = containersOf(pod)
    .filter(({ name }) => !name.startsWith(ownPrefix))
    .flatMap((container) => textsOf(container, work));
  if (texts.length === 0) return [];
  const none = new Map<string, never>();
  const context = { facts: none, links: none, access: none, now: 0, credentialNames, tokenPolicy: noTokens };
  return plainRules
    .flatMap((rule) => runRule(rule, asServer(texts), context))
    .map(({ code, at, what, why }) => podFinding(code, at, what, why, fix));
}

const fix =
  'revoke the credential, put a new one in a Secret, and read it with secretKeyRef or a volume; remove a credential of an MCP server, because the proxy adds it';

function textsOf({ list, index, fields: container }: Container, work: Work): PlainText[] {
  const at = Path.fields('spec', list).item(index);
  const scope = scopeOf({ value: container, at }, work);
  return readers.flatMap((read) => read(scope));
}

const asServer = (plain: readonly PlainText[]): McpServer => ({
  owner: { group: '', version: 'v1', kind: 'Pod', namespace: '', name: '' },
  role: 'endpoint',
  name: '',
  listed: false,
  at: Path.root,
  transport: 'stdio',
  headers: [],
  headerSecrets: [],
  env: [],
  plain,
  links: [],
  tls: { roots: 'append' },
  loopbackForbidden: false,
});
