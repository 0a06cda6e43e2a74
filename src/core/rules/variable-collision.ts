import { finding, type Rule } from './rule.ts';

export const variableCollision: Rule = {
  code: 'MCP304',
  needs: 'object',
  check(server) {
    const first = new Map<string, string>();
    return server.headers.flatMap(({ name, at, variable }) => {
      if (variable === undefined) return [];
      const other = first.get(variable);
      if (other === undefined) {
        first.set(variable, name);
        return [];
      }
      // The same name in another case is MCP302's.
      if (other.toLowerCase() === name.toLowerCase()) return [];
      return [
        finding('MCP304', server, at, [variable, name.toLowerCase()], {
          what: `${name} and ${other} both travel in the environment variable ${variable}`,
          why: 'one of them would be sent with the value of the other',
          fix: 'leave one of the two headers out',
        }),
      ];
    });
  },
};
