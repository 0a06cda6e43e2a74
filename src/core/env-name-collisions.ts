import type { LinkFacts } from './facts.ts';
import { asVariable } from './names.ts';
import { objectKey, type McpServer, type ObjectName } from './model.ts';

/**
 * Other resources whose headers could travel in the same environment variable. Variables are made of a header's name and
 * a resource's, with `_` for what is no letter or digit: `X-A` of `b-c` and `X-A-B` of `c` are one. Read backwards, a
 * variable says which resources could be meant, so that they can be asked for one by one and nothing needs to be listed.
 */

/** Names with dots are rare, and each dot doubles what could be meant: those with dashes come first. */
const maxRivals = 12;
/** Most of what a long header of dashes could mean is no name. */
const maxSpellings = 1000;
/** Of any resource of Kubernetes. */
const maxNameCharacters = 253;

const isName = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

export function possibleCollisions(server: McpServer): ObjectName[] {
  if (server.sharedBy === undefined) return [];
  const { group, kind, namespace, name } = server.owner;
  const variables = server.headers.flatMap(({ name: header, variable }) =>
    variable === undefined ? [] : [`${asVariable(header)}_${asVariable(name)}`.toLowerCase()],
  );
  const names = new Set<string>();
  let tried = 0;
  for (const one of spellings(variables)) {
    tried += 1;
    if (names.size === maxRivals || tried > maxSpellings) break;
    if (one !== name && isName.test(one)) names.add(one);
  }
  return [...names].map((one) => ({ group, kind, namespace, name: one }));
}

/** What follows each `_`, as long as a name may be: with dashes alone, and then with one dot. */
function* spellings(variables: readonly string[]): Generator<string> {
  for (const ending of endingsOf(variables)) yield ending.replaceAll('_', '-');
  for (const ending of endingsOf(variables))
    for (let at = ending.indexOf('_'); at >= 0; at = ending.indexOf('_', at + 1))
      yield `${ending.slice(0, at)}.${ending.slice(at + 1)}`.replaceAll('_', '-');
}

function* endingsOf(variables: readonly string[]): Generator<string> {
  for (const text of variables) {
    const from = Math.max(0, text.length - maxNameCharacters - 1);
    for (let at = text.indexOf('_', from); at >= 0; at = text.indexOf('_', at + 1)) yield text.slice(at + 1);
  }
}

/** The rivals that are there and share this server's environment. */
export const presentCollisions = (server: McpServer, found: LinkFacts): McpServer[] =>
  possibleCollisions(server)
    .flatMap((rival) => {
      const fact = found.get(objectKey(rival));
      return fact?.state === 'present' ? fact.reading.servers : [];
    })
    .filter(({ sharedBy }) => sharedBy === server.sharedBy);
