import { textAt } from '../../src/core/k8s/objects.ts';

/** What may be done to a thing of an operator's: nothing but these, each with what stands there. */
const closedList = [
  { op: 'replace', at: /\/env\/\d+\/value$/, of: 'name', is: /^(KELOS|AXON)_MCP_SERVERS$/ },
  { op: 'remove', at: /\/env\/\d+$/, of: 'name', is: /^TOOLHIVE_(SECRET_)?HEADER_FORWARD_/ },
  {
    op: 'replace',
    at: /\/volumeMounts\/\d+\/name$/,
    of: 'mountPath',
    is: /^\/(config|etc\/runconfig|etc\/vmcp-config)$/,
  },
] as const;

/** Operations on what is not ours that are on no list. Removals come first or from the back: places are the object's own. */
export function beyondClosedList(
  object: object,
  operations: readonly { readonly op: string; readonly path: string }[],
): string[] {
  return operations.flatMap(({ op, path }) => {
    if (op === 'add') return [];
    const item = path
      .replace(/\/(value|name)$/, '')
      .split('/')
      .slice(1);
    const found = item.reduce<unknown>((one, key) => (one as Record<string, unknown>)[key], object);
    const listed = closedList.some(
      (one) => one.op === op && one.at.test(path) && one.is.test(textAt(found, one.of)),
    );
    return listed ? [] : [`${op} ${path}`];
  });
}
