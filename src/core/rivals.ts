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

const isName = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

export function rivalsOf(server: McpServer): ObjectName[] {
  if (server.sharedBy === undefined) return [];
  const { group, kind, namespace, name } = server.owner;
  const endings = server.headers.flatMap(({ name: header, variable }) =>
    variable === undefined ? [] : endingsOf(`${asVariable(header)}_${asVariable(name)}`),
  );
  const names = new Set([
    ...endings.flatMap((ending) => spelt(ending, '-')),
    ...endings.flatMap((ending) => spelt(ending, '.')),
  ]);
  return [...names]
    .filter((one) => one !== name && isName.test(one))
    .slice(0, maxRivals)
    .map((one) => ({ group, kind, namespace, name: one }));
}

/** What follows each `_`. */
const endingsOf = (text: string): string[] =>
  [...text.matchAll(/_/g)].map(({ index }) => text.slice(index + 1).toLowerCase());

/** With dashes alone, or with one dot. */
function spelt(ending: string, mark: '-' | '.'): string[] {
  if (mark === '-') return [ending.replaceAll('_', '-')];
  return [...ending.matchAll(/_/g)].map(
    ({ index }) =>
      `${ending.slice(0, index).replaceAll('_', '-')}.${ending.slice(index + 1).replaceAll('_', '-')}`,
  );
}

/** The rivals that are there and share this server's environment. */
export const presentRivals = (server: McpServer, found: LinkFacts): McpServer[] =>
  rivalsOf(server)
    .flatMap((rival) => {
      const fact = found.get(objectKey(rival));
      return fact?.state === 'present' ? fact.reading.servers : [];
    })
    .filter(({ sharedBy }) => sharedBy === server.sharedBy);
