import { describe, expect, it } from 'vitest';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import type { Code } from '../../src/core/codes.ts';
import { neededObjects, neededSources, type AccessFact, type SourceFact } from '../../src/core/facts.ts';
import { kindDescription } from '../../src/core/kinds/description.ts';
import { compileKinds, type Kinds } from '../../src/core/kinds/index.ts';
import { sourceKey } from '../../src/core/model.ts';
import { inspect } from '../../src/core/review/inspect.ts';
import { possibleCollisions } from '../../src/core/env-name-collisions.ts';
import type { KnownRule } from '../../src/core/rules/index.ts';
import { noTokens, type TokenPolicy } from '../../src/core/service-account-token.ts';
import { lookUpLinks, serversOf } from '../../src/engine/links.ts';
import type { KubernetesObject } from '../../src/files/documents.ts';
import { fileCluster } from '../../src/files/file-cluster.ts';
import { sourceDocuments } from './source-documents.ts';

/** A resource and the cluster in which a rule judges it. */
interface Situation {
  /** What this case shows, as the end of a sentence: "accepts a placeholder". */
  readonly name: string;
  readonly resource: KubernetesObject;
  /** Secrets, ConfigMaps and other resources in the namespace. */
  readonly cluster?: readonly KubernetesObject[];
  /** What is known of a Secret or ConfigMap that is not in `cluster`. Absent by default. */
  readonly missing?: SourceFact;
  /** Whether the requester could use the Secrets without this resource. Not asked by default. */
  readonly access?: AccessFact;
  /** What the configuration says of service account tokens. Nothing by default. */
  readonly tokens?: TokenPolicy;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

interface Invalid extends Situation {
  /** The places of all findings of the rule, in order. */
  readonly places: readonly string[];
  /** What each of them says, in part. */
  readonly what?: string;
  /** How to fix each of them, in part. */
  readonly fix?: string;
}

interface Table {
  readonly valid: readonly Situation[];
  readonly invalid: readonly Invalid[];
  /** Descriptions of kinds besides the built-in ones. */
  readonly own?: readonly object[];
}

const namespace = 'tools';
const deadline = { signal: new AbortController().signal };

/** Runs a rule, and no other, on each case of its table. The kinds' own descriptions read the resources. */
export function testRule(rule: KnownRule, { valid, invalid, own }: Table): void {
  const kinds = compileKinds(own?.map((one) => kindDescription.parse(one)));
  const { code, title } = rule;
  describe(`${code}: ${title}`, () => {
    it.each(named(valid))('accepts %s', async (_, situation) => {
      expect(await findingsOf(kinds, code, situation)).toEqual([]);
    });

    it.each(named(invalid))('reports %s', async (_, situation) => {
      const found = await findingsOf(kinds, code, situation);
      expect(found.map(({ at }) => String(at))).toEqual(situation.places);
      for (const { what, fix } of found) {
        expect(what).toContain(situation.what ?? '');
        expect(fix).toContain(situation.fix ?? '');
      }
    });
  });
}

const named = <Case extends Situation>(cases: readonly Case[]) =>
  cases.map((one) => [one.name, one] as const);

async function findingsOf(
  kinds: Kinds,
  code: Code,
  { resource, cluster = [], missing = { state: 'absent' }, access, tokens = noTokens, now = 0 }: Situation,
) {
  const { group, version } = splitApiVersion(resource.apiVersion);
  const kind = kinds.find(group, resource.kind);
  if (!kind) throw new Error(`${resource.kind}.${group} is not described`);
  const name = String(resource.metadata?.name);
  const reading = kind.read(resource, { group, version, kind: resource.kind, namespace, name });
  if (reading.mismatches.length > 0)
    throw new Error(`${resource.kind} ${name} has a field of the wrong type`);

  const documents = sourceDocuments(cluster);
  const files = fileCluster(() => Promise.resolve(documents), { namespace, missing });
  const targets = neededObjects(reading.servers);
  const rivals = reading.servers.flatMap(possibleCollisions);
  const links = await lookUpLinks({ kinds, cluster: files }, [...targets, ...rivals], deadline);
  const sources = neededSources([...reading.servers, ...serversOf(targets, links)]);
  const findings = inspect(reading, {
    facts: await files.facts(sources, deadline),
    links,
    access: new Map(access === undefined ? [] : sources.map((source) => [sourceKey(source), access])),
    now,
    credentialNames: { sensitive: [], harmless: [] },
    tokenPolicy: tokens,
    optedIn: new Set([code]),
  });
  return findings.filter((one) => one.code === code);
}
