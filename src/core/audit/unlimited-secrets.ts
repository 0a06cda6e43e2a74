import { secretAnnotations } from '../annotations.ts';
import { factOf, type Facts } from '../facts.ts';
import { identity, type Finding } from '../finding.ts';
import { sourceKey, sourceText, type McpServer, type ObjectRef, type SourceRef } from '../model.ts';
import { Path } from '../path.ts';
import { shownName } from '../printable.ts';
import { annotateCommand } from '../rules/annotate-command.ts';
import { originOf } from '../rules/origin-not-allowed.ts';
import { originUnlimited } from '../rules/origin-unlimited.ts';
import { credentialSecrets } from '../rules/sent-secrets.ts';

/** A Secret without an origin limit, and an origin that a server sends it to today. */
export interface UnlimitedUse {
  readonly source: SourceRef;
  readonly origin: string;
}

/** Those of one resource. A Secret that could not be read is not listed: its owner may have limited it (MCP203). */
export const unlimitedUses = (servers: readonly McpServer[], facts: Facts): UnlimitedUse[] =>
  servers.flatMap((server) => {
    const origin = originOf(server);
    if (origin === undefined) return [];
    return credentialSecrets(server).flatMap(({ source }) => {
      const fact = factOf(facts, source);
      return fact.state === 'present' && fact.upstreams === undefined ? [{ source, origin }] : [];
    });
  });

/** So that the line of one Secret stays readable; the annotation always has every origin. */
const maxUsersShown = 5;

/** A Secret without an origin limit, with every origin that a resource sends it to. */
export interface UnlimitedSecret {
  readonly source: SourceRef;
  readonly finding: Finding;
  /** For a person who reads the command. */
  readonly usedBy: string;
  /** Limits the Secret to where it goes today. */
  readonly command: string;
}

/** Collects the uses of all resources. */
export class UnlimitedSecrets {
  readonly #uses = new Map<
    string,
    { readonly source: SourceRef; readonly origins: Set<string>; readonly users: Set<string> }
  >();

  add(uses: readonly UnlimitedUse[], owner: ObjectRef): void {
    for (const { source, origin } of uses) {
      const key = sourceKey(source);
      const known = this.#uses.get(key) ?? { source, origins: new Set(), users: new Set() };
      this.#uses.set(key, known);
      known.origins.add(origin);
      known.users.add(
        `${owner.kind} ${owner.namespace === source.namespace ? '' : `${shownName(owner.namespace)}/`}${shownName(owner.name)}`,
      );
    }
  }

  /** By namespace and name. */
  list(): UnlimitedSecret[] {
    return [...this.#uses]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { source, origins, users }]) => {
        const shown = [...users].toSorted();
        const more = shown.length - maxUsersShown;
        const usedBy = `${shown.slice(0, maxUsersShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
        const command = annotateCommand(
          source,
          secretAnnotations.upstreams,
          [...origins].toSorted().join(','),
        );
        const finding = {
          code: originUnlimited.code,
          at: Path.fields('metadata', 'annotations').entry(secretAnnotations.upstreams),
          what: `${sourceText(source)} has no origin limit and is used by ${usedBy}`,
          why: `a user who may write MCP resources in namespace ${shownName(source.namespace)} can have it sent to any host`,
          fix: command,
          identity: identity(originUnlimited.code, key),
        } as const;
        return { source, finding, usedBy, command };
      });
  }
}
