import { isDeepStrictEqual } from 'node:util';
import { fieldsAt, textAt, type Container, type Fields } from '../../k8s/objects.ts';
import type { KeyRef, McpServer } from '../../model.ts';
import { asVariable } from '../../names.ts';

/**
 * The operator's variables with the headers of one resource: a Secret's key in each TOOLHIVE_SECRET_HEADER_FORWARD_*, and
 * in a VirtualMCPServer's pod also which header is made of which, with the harmless ones, in TOOLHIVE_HEADER_FORWARD_*.
 */

const secretPrefix = 'TOOLHIVE_SECRET_';
const manifestPrefix = 'TOOLHIVE_HEADER_FORWARD_';

export const carriesHeader = (name: string): boolean => name.startsWith(`${secretPrefix}HEADER_FORWARD_`);

/** Header to the rest of its variable's name, as the operator writes it beside them. */
export type Identifiers = Readonly<Record<string, unknown>>;

/** Places among the container's variables; or `undefined` when they are not what the resource says. */
export type Places = readonly number[] | undefined;

/** The variables of all headers that a resource takes from Secrets. */
export function secretVariables(container: Container, server: McpServer, identifiers: Identifiers): Places {
  const wanted = fromSecrets(server);
  const written = new Map(Object.entries(identifiers).map(([name, id]) => [name.toLowerCase(), id]));
  if (written.size !== Object.keys(identifiers).length || written.size !== wanted.length) return undefined;
  const places = wanted.map(({ name, variable, ref }) => {
    const [only, ...more] = named(container, variable);
    if (written.get(name.toLowerCase()) !== variable.slice(secretPrefix.length)) return undefined;
    // A second one of the name would count instead, and is somebody else's.
    return only && more.length === 0 && isKey(only.entry, ref) ? only.index : undefined;
  });
  return places.every((place) => place !== undefined) ? places : undefined;
}

/** The same with the variable that says which header is made of which. */
export function entryVariables(container: Container, server: McpServer): Places {
  const [manifest, ...more] = named(container, `${manifestPrefix}${asVariable(server.owner.name)}`);
  // The operator writes none for an entry without headers.
  if (!manifest) return server.headers.length === 0 ? [] : undefined;
  const headers = more.length === 0 ? jsonOf(textAt(manifest.entry, 'value')) : undefined;
  if (!headers || !samePlaintext(server, fieldsAt(headers, 'addPlaintextHeaders'))) return undefined;
  const secrets = secretVariables(container, server, fieldsAt(headers, 'addHeadersFromSecret'));
  return secrets && [...secrets, manifest.index];
}

function fromSecrets(server: McpServer) {
  return server.headers.flatMap(({ name, variable, source }) =>
    source.kind === 'key' && variable !== undefined ? [{ name, variable, ref: source.ref }] : [],
  );
}

function samePlaintext(server: McpServer, written: Fields): boolean {
  const literals = server.headers.filter(({ source }) => source.kind === 'literal');
  return (
    isDeepStrictEqual(literals.map(({ name }) => name).toSorted(), Object.keys(written).toSorted()) &&
    literals.every(({ name, source }) => source.kind === 'literal' && source.value.is(written[name]))
  );
}

function named({ fields }: Container, name: string): { readonly index: number; readonly entry: unknown }[] {
  const env: readonly unknown[] = Array.isArray(fields['env']) ? fields['env'] : [];
  return env.flatMap((entry, index) => (textAt(entry, 'name') === name ? [{ index, entry }] : []));
}

function isKey(entry: unknown, { source, key }: KeyRef): boolean {
  const ref = fieldsAt(fieldsAt(entry, 'valueFrom'), 'secretKeyRef');
  return textAt(ref, 'name') === source.name && textAt(ref, 'key') === key;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
