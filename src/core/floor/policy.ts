import type { KindDescription } from '../kinds/description.ts';
import { crAnnotations, partLabel } from '../annotations.ts';
import { inGroup } from '../model.ts';
import { candidatesOf } from './candidates.ts';
import { list, literal } from './cel.ts';
import { isCredential } from './judgement.ts';
import { floorCodes, floorRules, type FloorRule } from './rules.ts';
import type { FloorSettings } from './settings.ts';

/** Each of the settings as a list of CEL. */
export type SettingExpressions = Readonly<Record<keyof FloorSettings, string>>;

/** One kind's ValidatingAdmissionPolicy: no credential in plain text, whoever may be down. */

export const floorName = 'sallyport-floor';
/** Beside the name of the product: by the second all of the floor is found, and nothing else. */
export const labels = { 'app.kubernetes.io/name': 'sallyport', [partLabel]: 'floor' };

/** Written where the line break was: a message of the API server's has none. */
const sentenceOf = ({ part, sentence }: FloorRule, description: KindDescription): string => {
  const { what, why, fix } = sentence;
  const fields = description.servers.flatMap((shape) =>
    (part === 'headers' ? shape.headers : shape.plain).flatMap(({ instead }) =>
      instead === undefined ? [] : [instead],
    ),
  );
  const instead = fields.length === 0 ? undefined : [...new Set(fields)].join(' or ');
  return `: ${what}; ${why}. Fix: ${fix(instead)}.`;
};

const defaults = floorRules.map(({ code, mode }) => `${code} ${mode} kind .*`);

/** For an API server that cannot evaluate the message's expression. */
const fallback = floorRules
  .filter(({ part }) => part === 'headers')
  .map(
    ({ code, sentence: { what, why, fix } }) => `[${code}] ${what}, or more than one; ${why}. Fix: ${fix()}.`,
  )
  .join(' ');

/** Which of the codes are enforced here: of the lines that fit, the first. */
const enforced = `${list(floorCodes.map(literal))}.filter(code, ((variables.modes + ${list(defaults.map(literal))}).filter(line, line.startsWith(code + ' ') && variables.subjects[line.split(' ')[2]].matches(line.split(' ', 4)[3])).map(line, line.split(' ')[1]))[0] == 'enforce')`;

export function policyName({ plural, group }: KindDescription): string {
  return `${floorName}-${inGroup(plural, group)}`;
}

/** Updates that leave the content as it was pass: labels, finalizers, a storage migration. */
const contentChanges = `request.operation != 'UPDATE' || object.?spec != oldObject.?spec || ${list(
  Object.values(crAnnotations).map(literal),
)}.exists(key, object.metadata.?annotations[?key] != oldObject.metadata.?annotations[?key])`;

export function policy(
  description: KindDescription,
  settings: SettingExpressions,
  exemptNamespaces: readonly string[],
) {
  const { group, plural, versions, scope } = description;
  const inNamespace = scope === 'Namespaced';
  const kind = inGroup(plural, group);
  const line = (rule: FloorRule) =>
    `variables.found.exists(server, server.exists(one, one.code == ${literal(rule.code)})) ? ${literal(`[${rule.code}] `)} + variables.found.map(server, server.filter(one, one.code == ${literal(rule.code)}).map(one, one.at)).filter(places, places.size() > 0).map(places, ${rule.part === 'url' ? 'places[0]' : "places.join(', ')"}).join(', ') + ${literal(sentenceOf(rule, description))} : ''`;
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: policyName(description), labels },
    spec: {
      // What cannot be evaluated is left to the webhook. Refused, it would be Invalid, and that makes `kubectl apply
      // --force` delete the object.
      failurePolicy: 'Ignore',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: {
          matchExpressions: [
            { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [...exemptNamespaces] },
          ],
        },
        resourceRules: [
          {
            apiGroups: [group],
            apiVersions: [...versions],
            resources: [plural],
            operations: ['CREATE', 'UPDATE'],
            scope,
          },
        ],
      },
      matchConditions: [{ name: 'content-changes', expression: contentChanges }],
      variables: [
        ...Object.entries(settings).map(([name, expression]) => ({ name, expression })),
        {
          name: 'subjects',
          expression: `{'object': ${literal(`${kind}/`)} + ${inNamespace ? 'request.namespace' : "''"} + '/' + object.metadata.?name.orValue(''), 'writer': request.userInfo.username, 'namespace': ${inNamespace ? 'request.namespace' : "''"}, 'label': ${inNamespace ? "namespaceObject.metadata.?labels[?'sallyport.dev/mode'].orValue('')" : "''"}, 'kind': ${literal(kind)}}`,
        },
        { name: 'enforced', expression: enforced },
        // What is written, and what was before this change.
        {
          name: 'written',
          expression: `([object] + (request.operation == 'UPDATE' ? [oldObject] : [])).map(root, ${candidatesOf(description, 'root')})`,
        },
        {
          name: 'found',
          expression: `variables.written[0].map(server, server.filter(one, one.code in variables.enforced && ${isCredential('one')} && !(variables.written.size() > 1 && variables.written[1].exists(old, old.exists(was, was.code == one.code && was.name.lowerAscii() == one.name.lowerAscii() && was.value == one.value))))).filter(server, server.size() > 0)`,
        },
      ],
      validations: [
        {
          expression: 'variables.found.size() == 0',
          messageExpression: `[${floorRules.map(line).join(', ')}].filter(line, line != '').join(' ')`,
          message: fallback,
          reason: 'Forbidden',
        },
      ],
    },
  };
}
