import { Path } from '../path.ts';
import { fieldsAt, listAt, textAt, type Fields } from '../k8s/objects.ts';

/** Labels of nodes with their operating system; kubelets of older releases set the second. */
const osLabels = ['kubernetes.io/os', 'beta.kubernetes.io/os'] as const;

const required = 'requiredDuringSchedulingIgnoredDuringExecution';

/** The field that keeps a pod on Windows nodes, if there is one. */
export function windowsField(spec: Fields): Path | undefined {
  if (textAt(fieldsAt(spec, 'os'), 'name') === 'windows') return Path.fields('spec', 'os', 'name');
  const selector = fieldsAt(spec, 'nodeSelector');
  const label = osLabels.find((one) => selector[one] === 'windows');
  if (label !== undefined) return Path.fields('spec', 'nodeSelector').entry(label);
  const affinity = fieldsAt(fieldsAt(spec, 'affinity'), 'nodeAffinity');
  // A node needs to match one term only, so one that allows Linux is enough.
  const terms = listAt(affinity[required], 'nodeSelectorTerms');
  if (terms.length === 0 || !terms.every(excludesLinux)) return undefined;
  return Path.fields('spec', 'affinity', 'nodeAffinity', required, 'nodeSelectorTerms');
}

/** A node must match all expressions of a term. */
const excludesLinux = (term: Fields): boolean =>
  listAt(term, 'matchExpressions').some((expression) => {
    const { values } = expression;
    if (!osLabels.some((label) => label === textAt(expression, 'key')) || !Array.isArray(values))
      return false;
    const operator = textAt(expression, 'operator');
    if (operator === 'In') return values.length > 0 && values.every((value) => value === 'windows');
    return operator === 'NotIn' && values.includes('linux');
  });
