import { describedKinds } from '../src/core/kinds/index.ts';
import { operatorAdapters } from '../src/core/operators/index.ts';
import { markdownTable, withPart } from './marked-parts.ts';

/** The table of families in docs/compatibility.md: what is checked and injected follows from the descriptions and adapters. */

type Described = ReturnType<typeof describedKinds>[number];

const valuesOf = (kinds: readonly Described[], of: (kind: Described) => string): readonly string[] =>
  [...new Set(kinds.map(of))].toSorted();

/** A group with the versions that all its kinds together are read in. */
const versionsOf = (kinds: readonly Described[]): string =>
  valuesOf(kinds, ({ group }) => group)
    .map((group) => {
      const ofGroup = kinds.filter((one) => one.group === group);
      const versions = [...new Set(ofGroup.flatMap((one) => one.versions))].toSorted().toReversed();
      return `\`${group}\` ${versions.join(', ')}`;
    })
    .join('; ');

const rewritten = (family: string): string => {
  const adapter = operatorAdapters.find(({ name }) => name === family);
  return adapter ? adapter.selector.kinds.join(', ') : 'none';
};

/** One row for each family that has custom resources. */
function rows(): string[][] {
  const kinds = describedKinds().filter(({ group }) => group !== '');
  return valuesOf(kinds, ({ family }) => family).map((family) => {
    const ofFamily = kinds.filter((one) => one.family === family);
    const asked = ofFamily.filter(({ servers }) => servers.some(({ role }) => role === 'server'));
    const names = valuesOf(asked, ({ kind }) => kind);
    return [
      family,
      versionsOf(ofFamily),
      String(ofFamily.length),
      names.length === 0 ? 'none' : names.join(', '),
      rewritten(family),
    ];
  });
}

export const withFamilies = (page: string): string =>
  withPart(
    page,
    'families',
    markdownTable(
      [
        'Family',
        'Groups and versions',
        'Kinds that are checked',
        'Kinds that a pod can ask for',
        'Operator-made objects that are rewritten',
      ],
      rows(),
    ),
  );
