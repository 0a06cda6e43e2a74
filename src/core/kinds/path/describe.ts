import type { Condition, PathExpression, Step, Term } from './parse.ts';

/** Paths and conditions of a kind description in the words of the documentation. */

/** `spec.a[].b`, with another text for each list and map where one is given. */
export function describeSteps(steps: readonly Step[], each?: string): string {
  const text = steps
    .map((step) => (step.kind === 'field' ? `.${step.name}` : (each ?? (step.kind === 'each' ? '[]' : '{}'))))
    .join('');
  return text.startsWith('.') ? text.slice(1) : text;
}

function describeTerm(term: Term): string {
  if (term.kind === 'literal') return term.text;
  if (term.kind === 'key') return 'key';
  if (term.kind === 'operator') return "the operator's namespace";
  return describeSteps(term.steps) || 'value';
}

/** `spec.a or spec.b`: the alternatives, with the literals among them unmarked. */
export const describeTexts = ({ alternatives }: PathExpression): string =>
  alternatives.map(describeTerm).join(' or ');

/** `spec.a or token (default)`; a literal that comes first is `(always)`. */
export const describePath = ({ alternatives }: PathExpression): string =>
  alternatives
    .map((term, i) =>
      term.kind === 'literal' ? `${term.text} (${i === 0 ? 'always' : 'default'})` : describeTerm(term),
    )
    .join(' or ');

/** `type == 'Secret'`. */
export const describeCondition = ({ path, equals }: Condition): string => {
  const places = path.alternatives.map((term) =>
    term.kind === 'literal' ? `'${term.text}'` : describeTerm(term),
  );
  return places.join(' or ') + (equals === undefined ? '' : ` == '${equals}'`);
};
