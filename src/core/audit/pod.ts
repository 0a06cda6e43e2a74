import { injectLabel, podAnnotations } from '../annotations.ts';
import type { Configuration } from '../configuration.ts';
import type { Unknown } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { claimOfPod, isRenewed } from '../operators/claim.ts';
import { checkPod } from '../inject/final-check.ts';
import { proxiesOf, statusLeft } from '../inject/injected-state.ts';
import { podFinding } from '../inject/pod-finding.ts';
import { annotationPath, fieldsAt, isBeingDeleted, textAt, type Fields } from '../k8s/objects.ts';
import { asksItself, whyUnlabelled } from '../inject/select.ts';
import { sidecarName } from '../inject/sidecar.ts';
import { Path } from '../path.ts';
import { grantOf } from '../rights.ts';
import { shellName } from '../shell.ts';
import { recreate } from './recreate.ts';
import { carriedServers, outdatedProxy, outdatedServer, type OriginNow } from './outdated.ts';
import type { ProxyServer } from '../contracts/proxy-contract.ts';

/** A pod that ended, or is about to, needs nothing any more. */
export const isRunning = (pod: Fields): boolean =>
  !['Succeeded', 'Failed'].includes(textAt(fieldsAt(pod, 'status'), 'phase')) && !isBeingDeleted(pod);

/** Labelled and without a proxy: stored while the webhooks were away, or labelled afterwards. */
export function withoutProxy(pod: Fields, platform: Configuration['inject']): Finding | undefined {
  const isLabelled = whyUnlabelled(pod) === undefined;
  const ofOperator = claimOfPod(pod, platform).kind === 'operator';
  if (!isLabelled || ofOperator || proxiesOf(pod).length > 0) return undefined;
  return podFinding(
    'MCP501',
    Path.fields('spec', 'initContainers'),
    `the pod has the label ${injectLabel}: "true" and no container ${sidecarName}`,
    'the API server stored it while no webhook ran, or it was labelled later, so its app calls its servers without credentials',
    recreate(pod),
  );
}

/** What is wrong with a running pod, given what the resources of its servers say now. */
export function podFindings(
  pod: Fields,
  platform: Configuration['inject'],
  now: (server: ProxyServer) => OriginNow,
  ownUids: boolean,
): Finding[] {
  const missing = withoutProxy(pod, platform);
  if (missing) return [missing];
  const older = outdatedProxy(pod, platform);
  return [
    ...older,
    ...partlyLeft(pod),
    ...(isRenewed(pod) && !asksItself(pod) ? [] : carriedServers(pod)).flatMap(
      (server) => outdatedServer(pod, server, now(server), !asksItself(pod)) ?? [],
    ),
    // What another release made may look another way; what this one made may not.
    ...(older.length > 0 || !runsImage(pod, platform.image)
      ? []
      : checkPod(pod, platform, { ownUids, ofOperator: claimOfPod(pod, platform).kind === 'operator' })),
  ];
}

const runsImage = (pod: Fields, image: string): boolean =>
  proxiesOf(pod).every(({ fields }) => textAt(fields, 'image') === image);

/** An operator's pod of which some servers were rewritten, and others were not. */
function partlyLeft(pod: Fields): Finding[] {
  const left = asksItself(pod) || proxiesOf(pod).length === 0 ? [] : statusLeft(pod);
  if (left.length === 0) return [];
  return [
    podFinding(
      'MCP511',
      annotationPath(podAnnotations.status),
      `some servers of the pod do not go through the proxy: ${left.join('; ')}`,
      'Sallyport rewrites a server only if the rewrite is certain to be right, so these keep their credentials in plain text',
      `if the resources of these servers have changed since, ${recreate(pod)}`,
    ),
  ];
}

/** An operator's pod that would have been rewritten and was not. */
export const neverRewritten = (): Finding =>
  missed(
    'the API server stored it while no webhook ran, or before its operator was switched on in the configuration',
    'have its operator create it again: docs/operators.md#after-an-outage',
  );

/** An operator's pod that holds credentials, of which this program may not read why. */
export const asItCame = (pod: Fields, namespace: string): Finding =>
  missed(
    'the API server stored it while no webhook ran or before its operator was switched on, or Sallyport left it alone',
    `find the reason: sallyport why pod/${shellName(textAt(fieldsAt(pod, 'metadata'), 'name'))} -n ${shellName(namespace)}; then have its operator create it again: docs/operators.md#after-an-outage`,
  );

const missed = (why: string, fix: string): Finding => ({
  ...podFinding(
    'MCP511',
    Path.root,
    'the pod is as its operator created it, with credentials in plain text',
    why,
    fix,
  ),
  missed: true,
});

/** An operator's pod without a proxy, of which it is not known whether it needs one. */
export const notChecked = ({ cause, why, missing }: Unknown): Finding => ({
  ...podFinding(
    'MCP511',
    Path.root,
    `the pod has no ${sidecarName}, and Sallyport cannot check whether it needs one: ${why}`,
    'it may hold credentials in plain text',
    missing ? grantOf(missing) : 'run the check again when the API server responds',
  ),
  undecided: cause,
});
