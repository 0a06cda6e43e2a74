import type { Configuration } from '../core/configuration.ts';
import { claimOfPod } from '../core/operators/claim.ts';
import { hasProxy } from '../core/inject/injected-state.ts';
import { podIn } from '../core/k8s/pod-template.ts';
import { isFields } from '../core/k8s/objects.ts';
import { inGroup } from '../core/model.ts';
import type { AdmissionRequest } from '../core/review/admission.ts';
import type { Deadline } from '../core/cluster.ts';
import type { WebhookRoute } from '../core/webhook-entries.ts';
import type { Engine } from './engine.ts';
import { handleWorkloadUpdate, handleWorkload } from './workload-handlers.ts';
import { timedCluster } from './lookup-time.ts';
import { reviewLookups } from './review-lookups.ts';
import {
  handleInjectedPod,
  handleLabelledPod,
  handleResource,
  type AdmissionOutcome,
} from './admission-handlers.ts';

type AdmissionHandler = (
  engine: Engine,
  request: AdmissionRequest,
  deadline: Deadline,
) => Promise<AdmissionOutcome>;

/** One handler for each route, made of whoever judges what is asked there. */
export const handlers = <Handler>(
  make: (route: WebhookRoute, judge: AdmissionHandler) => Handler,
): Readonly<Record<WebhookRoute, Handler>> => ({
  validate: make('validate', limited(handleResource)),
  mutate: make('mutate', limited(handleLabelledPod)),
  check: make('check', limited(handleInjectedPod)),
  rewrite: make('rewrite', limited(handleWorkload)),
  keep: make('keep', limited(handleWorkloadUpdate)),
});

/** Each review has a separate limit on lookups, and the outcome says how long it waited for them. */
const limited =
  (judge: AdmissionHandler): AdmissionHandler =>
  async (engine, request, deadline) => {
    const { cluster, waitedMs } = timedCluster(reviewLookups(engine.cluster));
    const outcome = await judge({ ...engine, cluster }, request, deadline);
    return { ...outcome, lookupMs: waitedMs() };
  };

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
