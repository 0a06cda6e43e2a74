import { isDeepStrictEqual } from 'node:util';
import { ownPrefix } from '../names.ts';
import { isFields, listAt, textAt, type Fields } from './pod.ts';

/**
 * Is what stands under our name what we would put there? The API server fills in defaults, and other injectors may
 * add to our container what does no harm: mounts elsewhere, resources, a pull policy, probes.
 */

/** Variables that change what node or its libraries do before our first line runs. */
const dangerousVariable = /^(NODE_|LD_|SSL_)/;
/** A mount at, above or below these would replace the program or the credentials. */
const ownFolders = ['/sallyport', '/var/run/sallyport', '/var/run/secrets/kubernetes.io/serviceaccount'];

export function isIntactSidecar(existing: Fields, wanted: Fields): boolean {
  const exact = ['image', 'command', 'args', 'restartPolicy'] as const;
  return (
    exact.every((field) => isDeepStrictEqual(existing[field] ?? undefined, wanted[field])) &&
    hasEnvironment(listAt(existing, 'env'), listAt(wanted, 'env')) &&
    hasMounts(listAt(existing, 'volumeMounts'), listAt(wanted, 'volumeMounts')) &&
    listAt(existing, 'envFrom').length === 0 &&
    isAsSecure(existing['securityContext'], wanted['securityContext']) &&
    contains(existing['startupProbe'], wanted['startupProbe']) &&
    contains(existing['ports'], wanted['ports'])
  );
}

/** What else a platform may set without taking anything of ours away. */
const harmlessSecurity = new Set(['seLinuxOptions', 'appArmorProfile']);

/** As we would set it; where we leave the uid to the platform, one of its own that is not root. */
function isAsSecure(existing: unknown, wanted: unknown): boolean {
  if (!isFields(existing) || !isFields(wanted)) return false;
  const isUid = (key: string) => key === 'runAsUser' || key === 'runAsGroup';
  return Object.entries({ ...wanted, ...existing }).every(([key]) => {
    if (harmlessSecurity.has(key)) return true;
    const [is, should] = [existing[key], wanted[key]];
    if (isUid(key) && should === undefined) return typeof is === 'number' && is > 0;
    return isDeepStrictEqual(is, should);
  });
}

/** The same name, the same kind of volume, the same sources in the same order. */
export function isIntactVolume(existing: Fields, wanted: Fields): boolean {
  const kinds = Object.keys(existing).filter((key) => existing[key] !== null && existing[key] !== undefined);
  return (
    kinds.every((key) => Object.hasOwn(wanted, key)) &&
    contains(existing, wanted) &&
    sameLength(existing, wanted)
  );
}

/** Everything wanted is there; a missing or null list counts as empty, since the API server stores it so. */
export function contains(existing: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    const among: readonly unknown[] = Array.isArray(existing) ? existing : [];
    return wanted.every((item) => among.some((one) => contains(one, item)));
  }
  if (isFields(wanted))
    return (
      isFields(existing) && Object.entries(wanted).every(([key, value]) => contains(existing[key], value))
    );
  return isDeepStrictEqual(existing, wanted);
}

function sameLength(existing: Fields, wanted: Fields): boolean {
  const sources = (volume: Fields) => listAt(volume['projected'], 'sources').length;
  const items = (volume: Fields) => listAt(volume['downwardAPI'], 'items').length;
  return sources(existing) === sources(wanted) && items(existing) === items(wanted);
}

function hasEnvironment(existing: readonly Fields[], wanted: readonly Fields[]): boolean {
  if (existing.some((entry) => dangerousVariable.test(textAt(entry, 'name')))) return false;
  // A second entry of the same name would win over ours.
  return wanted.every((entry) => {
    const same = existing.filter((one) => textAt(one, 'name') === textAt(entry, 'name'));
    return same.length === 1 && contains(same[0], entry);
  });
}

function hasMounts(existing: readonly Fields[], wanted: readonly Fields[]): boolean {
  const ours = (mount: Fields) => wanted.some((one) => contains(mount, one));
  const clean = (mount: Fields) => mount['subPath'] === undefined && mount['subPathExpr'] === undefined;
  return (
    wanted.every((mount) => existing.some((one) => contains(one, mount) && clean(one))) &&
    existing.every(
      (mount) =>
        ours(mount) ||
        (!textAt(mount, 'name').startsWith(ownPrefix) &&
          !ownFolders.some((folder) => overlaps(textAt(mount, 'mountPath'), folder))),
    )
  );
}

function overlaps(mountPath: string, folder: string): boolean {
  const path = `${mountPath.replace(/\/+$/, '')}/`;
  return path.startsWith(`${folder}/`) || `${folder}/`.startsWith(path);
}
