import { unlimitedUses, type UnlimitedUse } from '../core/audit/unlimited-secrets.ts';
import { copyKinds } from '../core/audit/copy-kinds.ts';
import { copyIn } from '../core/audit/kept-copies.ts';
import type { Kind } from '../core/kinds/reader.ts';
import { inGroup } from '../core/model.ts';
import { NotListed, otherTypes, type Deadline, type Inventory, type StoredObject } from '../core/cluster.ts';
import { auditPod } from './audit-pod.ts';
import type { Engine } from './engine.ts';
import { inspectNames } from './inspect-document.ts';
import { runQueries } from './inject-operator.ts';
import { inspectStored, weigher, type Weighed } from './inspect-stored.ts';
import { originsIn, type Origins } from './origin-cache.ts';

/** As many as are looked at side by side: enough to hide the way to the API server, few enough to be no burden on it. */
const sideBySide = 16;

/** One object and what is wrong with it; or what could not be listed, which is not the same as nothing. */
export type Audited<T extends StoredObject> =
  | {
      readonly kind: 'resource' | 'pod' | 'copy';
      readonly stored: T;
      readonly found: readonly Weighed[];
      /** The Secrets it sends somewhere whose owners limit nothing. */
      readonly unlimited: readonly UnlimitedUse[];
    }
  | {
      readonly kind: 'other';
      readonly stored: T;
      readonly found: readonly Weighed[];
      readonly unlimited: readonly UnlimitedUse[];
    }
  | {
      readonly kind: 'unlisted';
      readonly what: string;
      readonly why: string;
      /** Only labels and annotations were not checked. */
      readonly optional: boolean;
    };

/** Looks at every MCP resource and every pod, one page after the other. */
export async function* audit<T extends StoredObject>(
  engine: Engine,
  inventory: Inventory<T>,
  deadline: Deadline,
  partial = false,
): AsyncGenerator<Audited<T>> {
  for (const kind of engine.kinds.all)
    yield* each(inGroup(kind.plural, kind.group), inventory.resources(kind, deadline), (stored) =>
      resource(engine, kind, stored, deadline, partial),
    );
  const { families } = engine.configuration.inject;
  for (const kind of copyKinds)
    if (kind.operators.some((name) => families[name]))
      yield* each(inGroup(kind.plural, kind.group), inventory.copies(kind, deadline), (stored) =>
        keptCopy(engine, stored, deadline),
      );
  yield* auditPods(engine, inventory.pods(deadline), deadline);
  for (const type of otherTypes)
    yield* each(type, inventory.others(type, deadline), (stored) => other(engine, stored, deadline), true);
}

/** Looks at these pods alone. */
export async function* auditPods<T extends StoredObject>(
  engine: Engine,
  pods: AsyncIterable<T>,
  deadline: Deadline,
): AsyncGenerator<Audited<T>> {
  const origins = originsIn(engine, deadline);
  yield* each('pods', pods, (stored) => pod(engine, stored, origins, deadline));
}

/** A ConfigMap with a server was checked as a resource. */
async function other<T extends StoredObject>(
  engine: Engine,
  stored: T,
  deadline: Deadline,
): Promise<Audited<T> | undefined> {
  const { group, kind } = stored.owner;
  if (engine.kinds.find(group, kind)?.selects(stored.object)) return undefined;
  const found = await inspectNames(engine, stored, deadline);
  return found.length === 0 ? undefined : { kind: 'other', stored, found, unlimited: [] };
}

async function resource<T extends StoredObject>(
  engine: Engine,
  kind: Kind,
  stored: T,
  deadline: Deadline,
  partial: boolean,
): Promise<Audited<T> | undefined> {
  if (!kind.selects(stored.object)) return undefined;
  const { found, servers, facts } = await inspectStored(engine, { kind, ...stored }, deadline, partial);
  return { kind: 'resource', stored, found, unlimited: unlimitedUses(servers, facts) };
}

/** Nothing of an object that holds no copy: there are many of them. */
async function keptCopy<T extends StoredObject>(
  engine: Engine,
  stored: T,
  deadline: Deadline,
): Promise<Audited<T> | undefined> {
  const { object, owner } = stored;
  const about = { kinds: engine.kinds, names: engine.configuration.credentials.headers };
  const finding = await runQueries(engine, copyIn(object, owner.kind, owner.namespace, about), deadline);
  if (!finding) return undefined;
  const { namespace, name } = owner;
  const kind = inGroup(`${owner.kind.toLowerCase()}s`, owner.group);
  const weigh = await weigher(engine, { kind, namespace, name }, deadline);
  return { kind: 'copy', stored, found: weigh([finding]), unlimited: [] };
}

async function pod<T extends StoredObject>(
  engine: Engine,
  stored: T,
  origins: Origins,
  deadline: Deadline,
): Promise<Audited<T>> {
  const found = await auditPod(engine, stored.object, stored.owner.namespace, origins, deadline);
  return { kind: 'pod', stored, found, unlimited: [] };
}

/** In their order, some side by side. */
async function* each<T, A extends { readonly kind: string }>(
  what: string,
  all: AsyncIterable<T>,
  look: (one: T) => Promise<A | undefined>,
  optional = false,
): AsyncGenerator<A | { kind: 'unlisted'; what: string; why: string; optional: boolean }> {
  const iterator = all[Symbol.asyncIterator]();
  let batch: T[] = [];
  let unlisted: string | undefined;
  const next = async () => {
    try {
      return await iterator.next();
    } catch (error) {
      if (!(error instanceof NotListed)) throw error;
      unlisted = error.message;
      return { done: true } as const;
    }
  };
  for (let one = await next(); !one.done; one = await next()) {
    batch.push(one.value);
    if (batch.length < sideBySide) continue;
    yield* await lookAt(batch, look);
    batch = [];
  }
  yield* await lookAt(batch, look);
  if (unlisted !== undefined) yield { kind: 'unlisted', what, why: unlisted, optional };
}

const lookAt = async <T, A>(batch: readonly T[], look: (one: T) => Promise<A | undefined>): Promise<A[]> =>
  (await Promise.all(batch.map(look))).filter((one) => one !== undefined);
