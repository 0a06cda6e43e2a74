import { operatorAdapters } from '../src/core/operators/index.ts';
import { workloadKinds, type WorkloadSelector } from '../src/core/operators/selector.ts';
import { skipReasons } from '../src/core/inject/skip-reasons.ts';
import { markdownTable, withPart } from './marked-parts.ts';

/** What the chart and the documentation say of the workloads that operators' adapters select, and of all others. */

const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(', ');

/** A selector as a CEL expression. Labels may be missing, so all are read as optional fields. */
function celOf({ kinds, labels }: WorkloadSelector): string {
  const ofKind = workloadKinds.every((kind) => kinds.includes(kind))
    ? []
    : [`request.kind.kind in [${quoted(kinds)}]`];
  const requirements = labels.map((requirement) => {
    switch (requirement.kind) {
      case 'exists':
        return `object.metadata.?labels[?'${requirement.key}'].hasValue()`;
      case 'in':
        return `object.metadata.?labels[?'${requirement.key}'].orValue('') in [${quoted(requirement.values)}]`;
      case 'prefix': {
        const begins = requirement.prefixes.map((prefix) => `key.startsWith('${prefix}')`).join(' || ');
        return `object.metadata.?labels.orValue({}).exists(key, ${begins})`;
      }
    }
  });
  return [...ofKind, ...requirements].join(' && ');
}

/** The expression of the match condition `made-by-an-operator`: some operator's adapter selects the object. */
export const selectedByAnOperator = (): string =>
  operatorAdapters.map(({ selector }) => `(${celOf(selector)})`).join(' || ');

/** A selector in words. */
function labelsText({ labels }: WorkloadSelector): string {
  return labels
    .map((requirement) => {
      switch (requirement.kind) {
        case 'exists':
          return `\`${requirement.key}\` with any value`;
        case 'in':
          return requirement.values.map((value) => `\`${requirement.key}=${value}\``).join(' or ');
        case 'prefix':
          return requirement.prefixes.map((prefix) => `any that begins with \`${prefix}\``).join(' or ');
      }
    })
    .join('; ');
}

/** docs/injection.md, with every reason to leave a workload as it is. */
export const withSkipReasons = (page: string): string =>
  withPart(
    page,
    'skip reasons',
    markdownTable(
      ['Reason', 'Message'],
      Object.entries(skipReasons).map(([reason, message]) => [`\`${reason}\``, message]),
    ),
  );

/** docs/operators.md, with the table of what each adapter selects. */
export const withSelectors = (page: string): string =>
  withPart(
    page,
    'selectors',
    markdownTable(
      ['Configuration key', 'Objects', 'Labels'],
      operatorAdapters.map(({ name, selector }) => [
        `\`inject.families.${name}\``,
        selector.kinds.join(', '),
        labelsText(selector),
      ]),
    ),
  );
