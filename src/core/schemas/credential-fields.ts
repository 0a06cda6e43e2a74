import { flagWords, isSensitiveName, sensitiveWords, wordsOf } from '../credentials/names.ts';
import type { Schema } from './definition.ts';

/**
 * The fields of a schema that can hold a credential, a reference to one, a header, a URL or a certificate, decided by
 * name and type alone. The work is linear in the schema, and a schema over the limit is not read to its end.
 */

export interface CredentialField {
  /** From the object's root: a field's name, `[]` for each item, `{}` for each entry. */
  readonly steps: readonly string[];
  readonly reason: FieldReason;
}

export const fieldReasons = {
  credential: 'its name is that of a credential',
  reference: 'it refers to a Secret or to another source of a credential',
  header: 'it is a part of a header',
  url: 'a URL can contain a password',
  certificate: 'it is a certificate, a CA or a reference to one',
  text: 'it is a text of any content',
  map: 'it is a map with any keys and texts',
  open: 'the schema accepts anything there',
  container: 'it is a container of a pod',
  pod: 'it is the specification of a pod',
  volumes: 'it lists the volumes of a pod',
} as const;

export type FieldReason = keyof typeof fieldReasons;

/** More than ten times the largest schema that was seen (agentgateway's, 2026-11). */
export const maxSchemaNodes = 200_000;

export interface CredentialFields {
  readonly fields: readonly CredentialField[];
  /** The schema has more nodes than `maxSchemaNodes`: the rest is unknown. */
  readonly exceeded: boolean;
}

const set = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const secretWords = set(
  'secret secrets credential credentials creds cred password token apikey privatekey passphrase',
);
/** A name with one of these and a word of a secret says where the secret is. */
const referenceWords = set(
  'ref refs reference references from name names key keys source sources selector id pull config',
);
const authWords = set('auth oidc oauth authentication authn mtls');
const urlWords = set('url urls uri uris endpoint endpoints dsn');
const headerWords = set('header headers');
const certificateWords = set('ca cas cacert cert certs certificate certificates pem truststore keystore');
const argumentWords = set('args arguments argv command cmd commands');
const textWords = set(
  'yaml json toml script content raw inline cookies params parameters query variables env environment',
);
/** Kubernetes defines what these hold. */
const metadataMaps = set(
  'labels annotations matchLabels nodeSelector limits requests podLabels podAnnotations nodeLabels',
);
/** In an object, these say something about the object and not about themselves. */
const genericNames = set('name value text ref secretName secretname');
const companions = set('namespace kind group apiVersion optional apiGroup');

const noNames = { sensitive: [], harmless: [] };

export function credentialFields(schema: Schema): CredentialFields {
  const fields: CredentialField[] = [];
  let nodes = 0;
  const properties = Object.entries(schema.properties ?? {});
  // Every object has metadata, and people do not write the status.
  for (const [name, below] of properties)
    if (!['apiVersion', 'kind', 'metadata', 'status'].includes(name)) visit(below, [name], name);
  if (isOpen(schema) && schema.properties === undefined) add([], 'open');
  return { fields, exceeded: nodes > maxSchemaNodes };

  function add(steps: readonly string[], reason: FieldReason): void {
    fields.push({ steps, reason });
  }

  /** `name` is the nearest name that says what the value is. */
  function visit(node: Schema, steps: readonly string[], name: string): void {
    nodes += 1;
    if (nodes > maxSchemaNodes || node['x-kubernetes-int-or-string'] === true || isHarmless(node)) return;
    const structure = podStructure(node);
    if (structure) return add(steps, structure);
    const { items, additionalProperties } = node;
    if (isOpen(node)) {
      // Beside the fields that it lists, it accepts others.
      add(node.properties ? [...steps, '{}'] : steps, 'open');
      if (items) return;
    }
    if (items) return visit(items, [...steps, '[]'], name);
    if (typeof additionalProperties === 'object') return visitEntries(additionalProperties, steps, name);
    if (node.properties) return visitProperties(node.properties, steps, name);
    if (node.type !== 'string' || node.enum || node.format === 'date-time') return;
    const reason = reasonOf(name, node);
    if (reason) add(steps, reason);
  }

  function visitEntries(entries: Schema, steps: readonly string[], name: string): void {
    const below = [...steps, '{}'];
    if (entries.type !== 'string') visit(entries, below, name);
    else if (!metadataMaps.has(name) && !entries.enum)
      add(below, headerWords.has(lastWord(name)) ? 'header' : 'map');
  }

  function visitProperties(
    all: Readonly<Record<string, Schema>>,
    steps: readonly string[],
    owner: string,
  ): void {
    const named = 'name' in all || 'key' in all || 'header' in all;
    for (const [name, node] of Object.entries(all)) {
      const below = [...steps, name];
      if (companions.has(name) && node.type === 'string') continue;
      // The key of a reference goes with the name beside it.
      if (name === 'key' && 'name' in all && node.type === 'string') continue;
      if (name === 'value' && named && node.type === 'string')
        add(below, headerWords.has(lastWord(owner)) ? 'header' : 'text');
      else if (genericNames.has(name) && node.type === 'string') visitReference(node, below, owner, name);
      else visit(node, below, name);
    }
  }

  /** `name` below `tokenSecretRef` is the name of a Secret, and below `server` it is a name. */
  function visitReference(node: Schema, steps: readonly string[], owner: string, name: string): void {
    nodes += 1;
    if (node.enum) return;
    const words = wordsOf(owner);
    if (name.startsWith('secret') || words.some((word) => secretWords.has(word) || sensitiveWords.has(word)))
      return add(steps, 'reference');
    if (words.some((word) => certificateWords.has(word))) return add(steps, 'certificate');
    if (referenceWords.has(words.at(-1) ?? '') && words.some((word) => authWords.has(word)))
      return add(steps, 'reference');
    if (name === 'value' || name === 'text') visit(node, steps, owner);
  }
}

const lastWord = (name: string): string => wordsOf(name).at(-1) ?? '';

/** Accepts fields that it does not list. */
const isOpen = (node: Schema): boolean =>
  node['x-kubernetes-preserve-unknown-fields'] === true ||
  node.additionalProperties === true ||
  // JSON of any type.
  (node.type === undefined && !node.properties && !node.items && node['x-kubernetes-int-or-string'] !== true);

function podStructure({ properties, items }: Schema): 'container' | 'pod' | 'volumes' | undefined {
  const listed = items?.properties;
  if (listed && 'persistentVolumeClaim' in listed && 'secret' in listed) return 'volumes';
  if (!properties) return undefined;
  const containers = properties['containers']?.items;
  if (containers && isContainer(containers)) return 'pod';
  return isContainer({ properties }) ? 'container' : undefined;
}

const isContainer = ({ properties = {} }: Schema): boolean =>
  'image' in properties &&
  'envFrom' in properties &&
  'volumeMounts' in properties &&
  'lifecycle' in properties;

/** Types of Kubernetes that hold no credential: a security context and a toleration. */
const isHarmless = ({ properties = {}, items }: Schema): boolean =>
  'windowsOptions' in properties || 'tolerationSeconds' in (items?.properties ?? {});

function reasonOf(name: string, { format }: Schema): FieldReason | undefined {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  if (format === 'uri' || urlWords.has(last)) return 'url';
  // `maxTokenName` is about a limit, not a token.
  const isFlag = words.some((word) => flagWords.has(word));
  if (!isFlag && referenceWords.has(last) && words.some((word) => secretWords.has(word))) return 'reference';
  if (format === 'password' || isSensitiveName(name, noNames)) return 'credential';
  if (words.some((word) => headerWords.has(word)) && last !== 'name') return 'header';
  if (words.some((word) => certificateWords.has(word))) return 'certificate';
  if (argumentWords.has(last) || textWords.has(last)) return 'text';
  return undefined;
}
