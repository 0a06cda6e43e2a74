import { podAnnotations } from '../annotations.ts';
import { configStepDirs, configStepEnv, decodeConfigStep } from '../contracts/config-step-contract.ts';
import { ownPrefix } from '../names.ts';
import { proxyEnv, type ProxyConfig } from '../contracts/proxy-contract.ts';
import { configOf, proxiesOf, stepsOf } from './injected-state.ts';
import { configStep, configVolume } from './config-step.ts';
import { egressOf } from './egress.ts';
import { listAt, textAt, type Fields } from '../k8s/objects.ts';
import { asksItself, logLevels, select, type LogLevel } from './select.ts';
import { sidecar } from './sidecar.ts';
import { mcpConfigVolume, noTokenVolume, serverMounts, volumesOfServer } from './volumes.ts';

/**
 * The containers and volumes that Sallyport generates for the configuration a pod carries, without a lookup: the
 * configuration names servers, files and their sources, and everything else is the same in every pod.
 */

/** What a pod says of its injection, in the variables of our containers. */
export interface Carried {
  readonly config: ProxyConfig;
  readonly configText: string;
  readonly logLevel: LogLevel;
  /** The config step of an operator's pod, with the operator's volume that it reads. */
  readonly step?: { readonly text: string; readonly volume: string };
}

/** `undefined` where a configuration is missing or cannot be read. */
export function carriedBy(pod: Fields): Carried | undefined {
  const [proxy] = proxiesOf(pod);
  const config = proxy && configOf(proxy.fields);
  if (!proxy || !config) return undefined;
  const written = variableOf(proxy.fields, proxyEnv.logLevel);
  const logLevel = logLevels.find((level) => level === written) ?? wantedLogLevel(pod);
  const carried = { config, configText: variableOf(proxy.fields, proxyEnv.config), logLevel };
  const [step] = asksItself(pod) ? [] : stepsOf(pod);
  if (!step) return carried;
  const text = variableOf(step.fields, configStepEnv);
  const volume = textAt(
    listAt(step.fields, 'volumeMounts').find((one) => textAt(one, 'mountPath') === configStepDirs.from),
    'name',
  );
  const isOperators = volume !== '' && !volume.startsWith(ownPrefix);
  return isOperators && isStep(text) ? { ...carried, step: { text, volume } } : undefined;
}

interface GeneratedParts {
  readonly image: string;
  readonly resources: Fields;
  readonly ownUids: boolean;
}

export interface Generated {
  readonly proxy: Fields;
  readonly step?: Fields;
  readonly volumes: readonly Fields[];
}

/** `undefined` where the configuration does not say what the volumes of its servers project. */
export function generate(
  pod: Fields,
  { config, configText, logLevel, step }: Carried,
  parts: GeneratedParts,
): Generated | undefined {
  const ofServers = config.servers.map(volumesOfServer);
  if (!ofServers.every((volumes) => volumes !== undefined)) return undefined;
  const noToken = noTokenVolume();
  const common = { ...parts, noTokenVolume: noToken.name };
  const proxy = sidecar({
    ...common,
    config: configText,
    logLevel,
    egress: egressOf(pod).variables,
    adminPort: config.admin,
    serverVolumes: config.servers.flatMap(serverMounts),
  });
  const volumes = [
    ...ofServers.flat(),
    ...(asksItself(pod) ? [mcpConfigVolume(podAnnotations.mcpConfig).volume] : []),
    ...(step ? [configVolume()] : []),
    noToken.volume,
  ];
  return step ? { proxy, volumes, step: configStep(step, step.text, common) } : { proxy, volumes };
}

function wantedLogLevel(pod: Fields): LogLevel {
  const selected = select(pod);
  return selected.kind === 'selected' ? selected.selection.logLevel : 'info';
}

/** The one value of a variable; empty where it is missing, or set more than once. */
function variableOf(container: Fields | undefined, name: string): string {
  const [only, ...more] = listAt(container, 'env').filter((entry) => textAt(entry, 'name') === name);
  return more.length === 0 ? textAt(only, 'value') : '';
}

function isStep(text: string): boolean {
  try {
    const { from, to } = decodeConfigStep(text);
    return from === configStepDirs.from && to === configStepDirs.to;
  } catch {
    return false;
  }
}
