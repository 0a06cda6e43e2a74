import { shownName } from '../printable.ts';
import { presentCollisions } from '../env-name-collisions.ts';
import { defineRule, report } from './rule.ts';

export const variableCollision = defineRule({
  code: 'MCP304',
  title: 'two headers with the same environment variable',
  mode: 'warn',
  atPods: 'refuse-if-enforced',
  needs: 'object',
  check(server, { links }) {
    const elsewhere = new Map(
      presentCollisions(server, links).flatMap((rival) =>
        rival.headers.flatMap(({ name, variable }) =>
          variable === undefined ? [] : [[variable, { name, of: ` of ${rival.owner.kind} ${rival.name}` }]],
        ),
      ),
    );
    const first = new Map<string, { readonly name: string; readonly of: string }>(elsewhere);
    return server.headers.flatMap(({ name, at, variable }) => {
      if (variable === undefined) return [];
      const other = first.get(variable);
      if (other === undefined) {
        first.set(variable, { name, of: '' });
        return [];
      }
      // The same name in another case is MCP302's.
      if (other.of === '' && other.name.toLowerCase() === name.toLowerCase()) return [];
      return [
        report(at, [variable, name.toLowerCase()], {
          what: `${shownName(name)} and ${shownName(other.name)}${other.of} are both passed in the environment variable ${variable}`,
          why: 'one of the headers is sent with the value of the other',
          fix:
            other.of === ''
              ? 'remove one of the two headers'
              : 'rename one of the two resources, or put them into different groups',
        }),
      ];
    });
  },
});
