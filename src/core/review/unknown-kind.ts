import { identity, type Finding } from '../finding.ts';
import type { Kinds } from '../kinds/index.ts';
import type { Kind } from '../kinds/reader.ts';
import { apiVersionOf } from '../k8s/api-version.ts';
import type { ObjectRef } from '../model.ts';
import { editsBetween, nearest } from '../nearest.ts';
import { Path } from '../path.ts';
import { shownName } from '../printable.ts';

/** Objects in files whose kind, group or version is nearly one that Sallyport knows. */

/** Edits that make one API group of another by mistake; `.com` instead of `.dev` is three. */
const groupEdits = 3;
/** A kind's name that may have one wrong letter. */
const longKind = 8;
/** https://kubernetes.io/docs/reference/using-api/#api-versioning */
const versionShape = /^v\d+(?:(?:alpha|beta)\d+)?$/;

/** At most one finding: of a kind that has several mistakes, the first. */
export function unknownKind({ group, version, kind }: ObjectRef, kinds: Kinds): Finding[] {
  const known = kinds.find(group, kind);
  if (known) return versionShape.test(version) ? [] : [unknownVersion(version, known)];
  const inSameGroup = kinds.all.filter((one) => one.group === group && group !== '');
  const meant = inSameGroup.find((one) => isNearKind(kind, one.kind));
  if (meant) return [misspelt('kind', kind, meant.kind, Path.fields('kind'))];
  const ofKind = kinds.all.filter((one) => one.kind === kind && isNear(group, one.group));
  const [near] = ofKind;
  return near ? [misspelt('group', group, near.group, Path.fields('apiVersion'))] : [];
}

/** The kinds of one group have similar names, so little may differ besides the case. */
const isNearKind = (kind: string, known: string): boolean =>
  editsBetween(kind.toLowerCase(), known.toLowerCase(), known.length < longKind ? 0 : 1) !== undefined;

const isNear = (group: string, known: string): boolean =>
  known !== '' && group !== '' && editsBetween(group.toLowerCase(), known, groupEdits) !== undefined;

const refused = 'the API server rejects the object, and Sallyport does not check it';

const misspelt = (what: 'kind' | 'group', written: string, meant: string, at: Path): Finding => ({
  code: 'MCP006',
  at,
  what: `unknown ${what} ${shownName(written)} (did you mean ${meant}?)`,
  why: refused,
  fix: `write ${meant}`,
  identity: identity('MCP006', what, written),
});

function unknownVersion(version: string, { kind, group, versions }: Kind): Finding {
  const meant = nearest(version, versions) ?? versions[0] ?? '';
  return {
    code: 'MCP006',
    at: Path.fields('apiVersion'),
    what: `${shownName(version)} is not a version of ${kind}`,
    why: 'the API server rejects the object',
    fix: `write apiVersion: ${apiVersionOf({ group, version: meant })}`,
    identity: identity('MCP006', 'version', version),
  };
}
