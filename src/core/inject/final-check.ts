import { annotations, injectedLabel, injectLabel, labels, podAnnotations } from '../annotations.ts';
import type { Configuration } from '../configuration.ts';
import type { Finding } from '../finding.ts';
import { ownPrefix } from '../names.ts';
import { Path } from '../path.ts';
import type { ProxyConfig } from '../contracts/proxy-contract.ts';
import { verificationOff } from '../rules/verification-off.ts';
import { withAllowedAdditions, withVolumeDefaults } from './allowed-additions.ts';
import { proxiesOf, stepsOf } from './injected-state.ts';
import { configStepName } from './config-step.ts';
import { differences, listed } from './differences.ts';
import { egressOf } from './egress.ts';
import { foreignMounts } from './foreign-mounts.ts';
import { carriedBy, generate, type Generated } from './generated.ts';
import { mcpConfigText } from './mcp-config.ts';
import { plainEgress } from './plain-egress.ts';
import { podFinding } from './pod-finding.ts';
import {
  annotationPath,
  fieldsAt,
  labelPath,
  listAt,
  textAt,
  type Container,
  type Fields,
} from '../k8s/objects.ts';
import { asksItself, select, sharedNamespaces } from './select.ts';
import { sidecarName } from './sidecar.ts';

interface CheckOptions {
  readonly ownUids?: boolean;
  readonly ofOperator?: boolean;
}

/**
 * The final check of a pod, after every other webhook. It generates our containers and volumes again from the
 * configuration the pod carries, and compares them field by field. It looks nothing up: a second lookup could refuse
 * what was right a second ago.
 *
 * An operator's pod that names no servers may have no proxy; a proxy in it is compared like any other.
 */
export function checkPod(
  pod: Fields,
  platform: Configuration['inject'],
  { ownUids = false, ofOperator = false }: CheckOptions = {},
): readonly Finding[] {
  const selected = select(pod);
  const isMarked = labels(pod).has(injectedLabel);
  if (selected.kind === 'skipped') return isMarked ? checkMarked(pod, platform, ownUids) : [];
  if (selected.kind === 'denied' && !ofOperator) return selected.findings;
  if (proxiesOf(pod).length > 0) return checkCarried(pod, platform, ownUids);
  if (ofOperator) return isMarked ? [marked()] : [];
  return [
    altered(
      Path.fields('spec', 'initContainers'),
      `the pod has the label ${injectLabel}: "true" and no container ${sidecarName}`,
      'its app would call its servers without credentials',
      `find the webhook that removed ${sidecarName}: kubectl get mutatingwebhookconfigurations`,
    ),
  ];
}

/** Only Sallyport sets the label, and NetworkPolicies may select on it. */
function checkMarked(pod: Fields, platform: Configuration['inject'], ownUids: boolean): readonly Finding[] {
  return proxiesOf(pod).length > 0 ? checkCarried(pod, platform, ownUids) : [marked()];
}

const marked = (): Finding =>
  altered(
    labelPath(injectedLabel),
    `the pod has the label ${injectedLabel} and no container ${sidecarName}`,
    'Sallyport sets that label on the pods it injects, and NetworkPolicies may select on it',
    `remove the label ${injectedLabel}`,
  );

function checkCarried(pod: Fields, platform: Configuration['inject'], ownUids: boolean): Finding[] {
  const [proxies, steps] = [proxiesOf(pod), stepsOf(pod)];
  const misplaced = [...misplacedIn(proxies, sidecarName), ...misplacedIn(steps, configStepName)];
  const [proxy] = proxies;
  if (misplaced.length > 0 || !proxy) return misplaced;
  const at = placeOf(proxy);
  const carried = carriedBy(pod);
  // The image is compared on its own: it may be an earlier release's.
  const generated = carried && generate(pod, carried, { image: '', resources: {}, ownUids });
  if (!generated)
    return [
      altered(
        at.field('env'),
        `Sallyport cannot read the configuration of ${sidecarName}`,
        untrusted,
        removeOurs,
      ),
    ];
  const compare = (container: Container, wanted: Fields | undefined) =>
    wanted
      ? [...imageOf(container, platform), ...differing(pod, container, wanted, ownUids)]
      : [unexpected(placeOf(container), `container ${container.name}`)];
  return [
    ...sharedNamespaces(pod),
    ...compare(proxy, generated.proxy),
    ...steps.flatMap((step) => compare(step, generated.step)),
    ...volumesOf(pod, generated),
    ...redirected(pod, carried.config),
    ...unverified(carried.config, at, platform),
    // Another webhook may have set HTTP_PROXY after Sallyport planned the pod.
    ...plainEgress(
      egressOf(pod),
      carried.config.servers.map((config) => ({ name: config.name, config })),
    ),
    ...foreignMounts(pod),
  ];
}

const untrusted = 'it holds credentials, and any other field could expose them';
const removeOurs =
  'remove the containers and volumes whose names begin with sallyport- from the pod or its template; Sallyport adds them when the pod is created';
const excludeOurs = (container: string): string =>
  `if you wrote these fields, remove them; if a webhook adds them, exclude container ${container} in that webhook`;

const altered = (at: Path, what: string, why: string, fix: string): Finding =>
  podFinding('MCP501', at, what, why, fix);

const placeOf = ({ list, index }: Container): Path => Path.fields('spec', list).item(index);

const unexpected = (at: Path, what: string): Finding =>
  altered(at, `the pod has ${what}, which Sallyport does not generate for it`, untrusted, removeOurs);

function misplacedIn(found: readonly Container[], name: string): Finding[] {
  const [only, ...more] = found;
  if (!only || (only.list === 'initContainers' && more.length === 0)) return [];
  return [
    altered(
      placeOf(only),
      `container ${name} must be in the pod exactly once, among its init containers`,
      untrusted,
      removeOurs,
    ),
  ];
}

function imageOf(container: Container, platform: Configuration['inject']): Finding[] {
  const image = textAt(container.fields, 'image');
  if (image === platform.image || platform.acceptedImages.includes(image)) return [];
  return [
    altered(
      placeOf(container).field('image'),
      `container ${container.name} runs image ${JSON.stringify(image)}, which the configuration does not accept`,
      'only the images that your platform team accepts may hold credentials',
      'remove the change of the image, or ask your platform team to add the image to inject.acceptedImages',
    ),
  ];
}

function differing(pod: Fields, container: Container, wanted: Fields, ownUids: boolean): Finding[] {
  const { name, fields } = container;
  const expected = withAllowedAdditions({ ...wanted, image: fields['image'] }, fields, {
    pod,
    ownUids,
    keepResources: true,
  });
  const places = differences(fields, expected);
  if (places.length === 0) return [];
  return [
    altered(
      placeOf(container),
      `container ${name} differs from what Sallyport generates in ${listed(places)}`,
      untrusted,
      excludeOurs(name),
    ),
  ];
}

/** Ours and no others, each with exactly the sources that the configuration names. */
function volumesOf(pod: Fields, { volumes: wanted }: Generated): Finding[] {
  const at = (index: number) => Path.fields('spec', 'volumes').item(index);
  const present = new Map(
    listAt(fieldsAt(pod, 'spec'), 'volumes').map((volume, index) => [
      textAt(volume, 'name'),
      { volume, index },
    ]),
  );
  const byName = new Map(wanted.map((volume) => [textAt(volume, 'name'), volume]));
  const foreign = [...present.keys()].filter((name) => name.startsWith(ownPrefix) && !byName.has(name));
  return [
    ...[...byName].flatMap(([name, volume]) => {
      const found = present.get(name);
      if (!found)
        return [
          altered(Path.fields('spec', 'volumes'), `volume ${name} is missing`, noCredentials, removeOurs),
        ];
      const places = differences(found.volume, withVolumeDefaults(volume, found.volume));
      if (places.length === 0) return [];
      const what = `volume ${name} differs from what Sallyport generates in ${listed(places)}`;
      return [altered(at(found.index), what, noCredentials, removeOurs)];
    }),
    ...(foreign.length === 0
      ? []
      : [unexpected(Path.fields('spec', 'volumes'), `volumes ${listed(foreign)}`)]),
  ];
}

const noCredentials = 'its files would not be the credentials that the configuration of the proxy names';

/**
 * The addresses that the app reads. An operator's pod has no mcp.json of Sallyport. The text is compared, because parsers
 * differ in which of two equal keys counts.
 */
function redirected(pod: Fields, { servers }: ProxyConfig): Finding[] {
  if (!asksItself(pod) || annotations(pod).get(podAnnotations.mcpConfig) === mcpConfigText(servers))
    return [];
  return [
    altered(
      annotationPath(podAnnotations.mcpConfig),
      `the annotation ${podAnnotations.mcpConfig} differs from what Sallyport generates`,
      'the app reads the addresses of its servers from it, so its requests could go to another server',
      'if a webhook changes the annotation, exclude the pod in that webhook; Sallyport sets the annotation when the pod is created',
    ),
  ];
}

function unverified(
  config: ProxyConfig,
  at: Path,
  { allowUnverifiedTLS }: Configuration['inject'],
): Finding[] {
  if (allowUnverifiedTLS) return [];
  return config.servers
    .filter(({ tls }) => tls?.verify === false)
    .map(({ name }) =>
      podFinding(
        verificationOff.code,
        at.field('env'),
        `the proxy would not verify the certificate of server ${name}`,
        'a host on the network path can impersonate the server and receive the credentials',
        "name the server's CA in its resource, or ask your platform team to set inject.allowUnverifiedTLS: true",
      ),
    );
}
