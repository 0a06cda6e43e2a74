import type { Configuration } from '../configuration.ts';
import type { Finding } from '../finding.ts';
import { Path } from '../path.ts';
import { proxyEnv, type ProxyConfig } from '../proxy-contract.ts';
import { configOf, proxiesOf } from './carried.ts';
import { isIntactSidecar } from './intact.ts';
import { podFinding } from './pod-finding.ts';
import { fieldsAt, isFields, listAt, textAt, type Container, type Fields } from './pod.ts';
import { foreignMounts } from './foreign-mounts.ts';
import { logLevels, select } from './select.ts';
import { sidecar, sidecarName } from './sidecar.ts';
import { noTokenVolume, serverMounts } from './volumes.ts';

/**
 * The last look at a labelled pod, after every other webhook had its turn. The plan is not made anew: what it asked for
 * was looked up once, and a check that asks again could refuse what was right a second ago. What is checked is that the
 * proxy is ours, runs as we would run it from the configuration it carries, and shares its credentials with nobody.
 *
 * One that an operator made and that names no servers may have been left as it came, but a proxy in it is held to the same.
 */
export function checkPod(
  pod: Fields,
  platform: Configuration['inject'],
  { ownUids = false, ofOperator = false }: { readonly ownUids?: boolean; readonly ofOperator?: boolean } = {},
): readonly Finding[] {
  const selected = select(pod);
  if (selected.kind === 'skipped') return [];
  if (selected.kind === 'refused' && !ofOperator) return selected.findings;
  const [proxy, ...more] = proxiesOf(pod);
  if (!proxy && ofOperator) return [];
  if (!proxy)
    return [
      altered(
        Path.fields('spec', 'initContainers'),
        'the pod is labelled and has no proxy',
        'its app would call its servers without credentials',
        'see why Sallyport did not inject it: another webhook may have taken the proxy out',
      ),
    ];
  const at = placeOf(proxy);
  if (more.length > 0 || proxy.list !== 'initContainers')
    return [altered(at, `${sidecarName} is not one native sidecar`, untrusted, restore)];
  const config = configOf(proxy.fields);
  if (!config)
    return [
      altered(at.field('env'), `the configuration of ${sidecarName} cannot be read`, untrusted, restore),
    ];
  return [
    ...imageOf(proxy, at, platform),
    ...(isAsWeWouldRunIt(proxy.fields, config, ownUids)
      ? []
      : [altered(at, `${sidecarName} was changed`, untrusted, restore)]),
    ...volumesOf(pod, config),
    ...unverified(config, at, platform),
    ...foreignMounts(pod),
  ];
}

const untrusted = 'something else under our name could collect the credentials';
const restore =
  'find the webhook or template that changes it, and let it leave containers and volumes of sallyport- alone';

const altered = (at: Path, what: string, why: string, fix: string): Finding =>
  podFinding('MCP501', at, what, why, fix);

const placeOf = ({ list, index }: Container): Path => Path.fields('spec', list).item(index);

function imageOf({ fields }: Container, at: Path, platform: Configuration['inject']): Finding[] {
  const image = textAt(fields, 'image');
  if (image === platform.image || platform.acceptedImages.includes(image)) return [];
  return [
    altered(
      at.field('image'),
      `${sidecarName} runs ${JSON.stringify(image)}`,
      'only the images your platform names are trusted with credentials',
      'take the change out, or ask your platform team for inject.acceptedImages',
    ),
  ];
}

/** Its own configuration says which volumes and ports it must have; everything else about it is the same in every pod. */
function isAsWeWouldRunIt(container: Fields, config: ProxyConfig, ownUids: boolean): boolean {
  const levels = listAt(container, 'env').filter((entry) => textAt(entry, 'name') === proxyEnv.logLevel);
  const logLevel = logLevels.find((level) => level === textAt(levels[0], 'value'));
  const configText = listAt(container, 'env').find((entry) => textAt(entry, 'name') === proxyEnv.config);
  if (!logLevel || !configText) return false;
  const wanted = sidecar({
    image: textAt(container, 'image'),
    config: textAt(configText, 'value'),
    logLevel,
    adminPort: config.admin,
    serverVolumes: config.servers.flatMap(serverMounts),
    noTokenVolume: noTokenVolume().name,
    resources: {},
    ownUids,
    // Whatever stands there besides is looked at by name.
    egress: [],
  });
  return isIntactSidecar(container, wanted);
}

/** Secrets and ConfigMaps of the pod's own namespace, projected and optional, and nothing that could be written to. */
function volumesOf(pod: Fields, config: ProxyConfig): Finding[] {
  const volumes = listAt(fieldsAt(pod, 'spec'), 'volumes');
  const wanted = config.servers.flatMap((server) =>
    serverMounts(server).map((mount) => ({ mounted: mount.name, name: server.name })),
  );
  return wanted.flatMap(({ mounted, name }) => {
    const index = volumes.findIndex((volume) => textAt(volume, 'name') === mounted);
    const volume = volumes[index];
    if (volume && isServerVolume(volume)) return [];
    return [
      altered(
        Path.fields('spec', 'volumes').item(Math.max(index, 0)),
        `the volume of server ${name} is missing or is no projection of Secrets`,
        'its files would not be the credentials Kubernetes keeps up to date',
        restore,
      ),
    ];
  });
}

function isServerVolume(volume: Fields): boolean {
  const kinds = Object.keys(volume).filter((key) => key !== 'name' && volume[key] !== null);
  // A server without Secrets has an empty list, and the API server stores that as null.
  const sources = fieldsAt(volume, 'projected')['sources'] ?? [];
  return (
    kinds.length === 1 &&
    kinds[0] === 'projected' &&
    Array.isArray(sources) &&
    sources.every(
      (source: unknown) =>
        isFields(source) && Object.keys(source).every((key) => key === 'secret' || key === 'configMap'),
    )
  );
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
        'MCP402',
        at.field('env'),
        `the certificate of server ${name} would not be verified`,
        'anybody on the way can pose as it and collect the credentials',
        'give its CA instead, or ask your platform team for inject.allowUnverifiedTLS',
      ),
    );
}
