import type { Configuration } from '../core/configuration.ts';
import { claimOfPod } from '../core/families/claim.ts';
import { hasProxy } from '../core/inject/carried.ts';
import { podIn } from '../core/inject/pod-template.ts';
import { isFields } from '../core/inject/pod.ts';
import { inGroup } from '../core/model.ts';
import type { AdmissionRequest } from '../core/review/admission.ts';
import type { Deadline } from '../core/ports.ts';
import type { WebhookRoute } from '../core/webhook-entries.ts';
import type { Engine } from './engine.ts';
import { judgeUpdate, judgeWorkload } from './judge-workloads.ts';
import { reviewLookups } from './review-lookups.ts';
import { judgeInjected, judgePod, judgeResource, type Judged } from './judges.ts';

type Judge = (engine: Engine, request: AdmissionRequest, deadline: Deadline) => Promise<Judged>;

/** One handler for each route, made of whoever judges what is asked there. */
export const handlers = <Handler>(
  make: (route: WebhookRoute, judge: Judge) => Handler,
): Readonly<Record<WebhookRoute, Handler>> => ({
  validate: make('validate', limited(judgeResource)),
  mutate: make('mutate', limited(judgePod)),
  check: make('check', limited(judgeInjected)),
  rewrite: make('rewrite', limited(judgeWorkload)),
  keep: make('keep', limited(judgeUpdate)),
});

/** Each review has its own number of lookups. */
const limited =
  (judge: Judge): Judge =>
  (engine, request, deadline) =>
    judge({ ...engine, cluster: reviewLookups(engine.cluster) }, request, deadline);

/** Whose answer counts of those that the API server would ask about a request, going by the manifests' rules. */
export function routeOf(
  { resource, group, operation, object, oldObject }: AdmissionRequest,
  platform: Configuration['inject'],
): WebhookRoute {
  const injected = (one: unknown) => isFields(one) && hasProxy(podIn(one) ?? {});
  switch (inGroup(resource, group)) {
    case 'pods':
      return isFields(object) && claimOfPod(object, platform).kind === 'label' ? 'mutate' : 'rewrite';
    case 'jobs.batch':
      return 'rewrite';
    case 'statefulsets.apps':
      return operation === 'UPDATE' && injected(oldObject) ? 'keep' : 'rewrite';
    default:
      return 'validate';
  }
}
