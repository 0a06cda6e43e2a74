import { codes } from '../codes.ts';
import type { Finding } from '../finding.ts';
import { isFields } from '../k8s/objects.ts';

/**
 * `${VAR}`, with or without a default, as Flux and shells fill it in, `$(VAR)`, and a whole value in parentheses, which is an
 * expression for the test tool Chainsaw.
 */
const placeholder = /\$\{[A-Za-z_][^{}]*\}|\$\([A-Za-z_]\w*\)|^\([^]*\)$/;

/**
 * Whether a finding in a file is about a value that Flux, a shell or Chainsaw fills in later, so that it is not known yet. At admission
 * nothing fills it in any more, and the finding counts.
 */
export function isUnfilled({ code, at }: Finding, object: unknown): boolean {
  if (codes[code].needsFilledValue !== true) return false;
  let value = object;
  for (const key of at.keys()) {
    if (Array.isArray(value) && typeof key === 'number') value = value[key];
    else if (isFields(value) && Object.hasOwn(value, key)) value = value[String(key)];
    else return false;
  }
  return typeof value === 'string' && placeholder.test(value);
}
