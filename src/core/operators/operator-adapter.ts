import type { Unknown } from '../facts.ts';
import type { Delivery } from '../inject/plan.ts';
import type { Fields } from '../k8s/objects.ts';
import type { ChosenServer } from '../inject/resolve.ts';
import type { Skipped } from '../inject/skip-reasons.ts';
import type { Kinds } from '../kinds/index.ts';
import type { McpServer } from '../model.ts';
import type { Queries } from './queries.ts';
import type { OperatorName } from './operator-names.ts';
import type { OwnerKind } from './owner-kinds.ts';
import type { WorkloadKind, WorkloadSelector } from './selector.ts';

/** Something an operator made that has, or makes, pods. */
export interface Workload {
  readonly kind: WorkloadKind;
  /** The request's, not the object's own. */
  readonly namespace: string;
  readonly object: Fields;
  /** The pod itself, or the template it is made from. */
  readonly pod: Fields;
}

/** A lookup that failed. */
export interface Undecided {
  readonly unknown: Unknown;
  /** All the same it is known from the resources that the workload holds a credential. */
  readonly holdsCredential: boolean;
}

/** What an adapter extracted from a workload. */
export type Extraction =
  /** No credential of an MCP server is in it. */
  | Skipped
  /** It is the operator's, and a rewrite is not certain to be right: MCP511. */
  | {
      readonly kind: 'left';
      readonly reason: string;
      readonly fix: string;
      /** The reason is a lookup that failed. Another program, with other rights, may decide otherwise. */
      readonly undecided?: Undecided;
    }
  | {
      readonly kind: 'servers';
      readonly servers: readonly ChosenServer[];
      /** The same as their resources describe them, for the rules. */
      readonly declaredServers: readonly McpServer[];
      /** Others of the workload that stay as they came, with the reason. */
      readonly skippedReasons?: readonly string[];
      readonly delivery: Delivery;
    };

/** The pods of one operator, which need no label: where their servers are written, and how to write them anew. */
export interface OperatorAdapter {
  readonly name: OperatorName;
  readonly selector: WorkloadSelector;
  /** The kinds of which it reads objects, besides ConfigMaps and the kinds that describe servers. */
  readonly reads: readonly OwnerKind[];
  /**
   * Its operator makes a pod anew by itself when what the pod was told changes. What stands beside the resource then, in
   * another one of the operator's, is no sign of age: MCP510 is not said of its servers.
   */
  readonly renewsPods?: true;
  /** Whether a pod that is selected holds servers at all, by its shape. Left out where that takes a lookup. */
  hasServers?(pod: Fields): boolean;
  /** What it made of them; its questions are answered by whoever drives it. */
  extract(workload: Workload, kinds: Kinds): Queries<Extraction>;
  /**
   * Whether two values of one environment variable come from the same of the operator: `before` as we rewrote it,
   * `after` as the operator sends it again. Left out where nothing of ours stands in a variable.
   */
  sameVariable?(name: string, before: string, after: string, upstreams: ReadonlyMap<string, string>): boolean;
}

/** The fix of what only a defect of Sallyport can cause. */
export const reportDefect = 'report this as a defect of Sallyport';

export const leaveAlone = (
  reason: string,
  fix: string,
  undecided?: Undecided,
): Extract<Extraction, { kind: 'left' }> => ({
  kind: 'left',
  reason,
  fix,
  ...(undecided === undefined ? {} : { undecided }),
});
