import { fieldsAt, isFields, listAt, textAt, type Fields } from '../core/k8s/objects.ts';
import { NotListed } from '../core/cluster.ts';
import type { Raw, RawAnswer } from './raw.ts';

/** A page of pods is a few MB at most, and that is all that is ever held. */
const pageSize = 100;

export interface Page {
  readonly items: readonly Fields[];
  /** Where a watch goes on from. */
  readonly resourceVersion: string;
}

interface Listing {
  readonly path: string;
  readonly labelSelector?: string | undefined;
  readonly accept?: string | undefined;
}

/** A list, page by page. `undefined` for the first when there is no such kind; rejects with `NotListed`. */
export async function* pagesOf(
  raw: Raw,
  { path, labelSelector, accept }: Listing,
  signal: AbortSignal,
): AsyncGenerator<Page, boolean> {
  let next: string | undefined;
  for (;;) {
    const query = { limit: pageSize, labelSelector, continue: next };
    const answer = await raw
      .ask({ path, query, ...(accept === undefined ? {} : { accept }) }, signal)
      .catch((error: unknown) => {
        if (signal.aborted) throw error;
        throw new NotListed('the API server cannot be reached');
      });
    const { code, body } = answer;
    if (code === 404 && next === undefined) return false;
    const metadata = fieldsAt(body, 'metadata');
    // What stood behind the token is too old; the API server gives one for what comes next, as it is now.
    if (code === 410 && textAt(metadata, 'continue') !== '') {
      next = textAt(metadata, 'continue');
      continue;
    }
    if (code !== 200 || !isFields(body)) throw new NotListed(refusal(answer), code);
    yield { items: listAt(body, 'items'), resourceVersion: textAt(metadata, 'resourceVersion') };
    next = textAt(metadata, 'continue') || undefined;
    if (next === undefined) return true;
  }
}

/** Fixed sentences: an API error's own text may quote what was sent. */
const refusal = ({ code }: RawAnswer): string =>
  code === 403 || code === 401
    ? `you may not list them (the API server responded with ${code})`
    : `the API server responded with ${code}`;
