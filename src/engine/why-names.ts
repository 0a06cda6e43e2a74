import { factOf, type Facts } from '../core/facts.ts';
import type { Finding } from '../core/finding.ts';
import { sourceText, type SourceRef } from '../core/model.ts';
import { sourceNames } from '../core/review/object-names.ts';
import type { DiagnosisStep } from './diagnosis.ts';

/** The part of the walk about labels and annotations with Sallyport's prefix that have no effect. */

/** Those of the Secrets and ConfigMaps in use, such as a misspelt origin limit. */
export function misspeltNames(sources: readonly SourceRef[], facts: Facts): DiagnosisStep[] {
  return sources.flatMap((source) => {
    const fact = factOf(facts, source);
    const names = fact.state === 'present' ? fact.ownNames : undefined;
    const found = names ? sourceNames(source, names) : [];
    return found.map((finding): DiagnosisStep => {
      return { name: 'names', state: 'bad', text: `${sourceText(source)}: ${nameText(finding)}` };
    });
  });
}

export const nameText = ({ code, what, fix }: Finding): string => `[${code}] ${what}: ${fix}`;
