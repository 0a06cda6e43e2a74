import { injectedLabel, podAnnotations } from '../../src/core/annotations.ts';
import { fieldsAt, isFields, listAt, textAt, type Fields } from '../../src/core/k8s/objects.ts';
import { ownPrefix } from '../../src/core/names.ts';

/** An injected pod with everything of ours taken out again: it must be, field by field, the pod that came. */

const ours = (name: string): boolean => name.startsWith(ownPrefix);

/** The fields with a list or map filtered; gone when nothing is left of one that was not there before. */
function filtered(fields: Fields, key: string, original: unknown, keep: (name: string) => boolean): Fields {
  const value = fields[key];
  const left = Array.isArray(value)
    ? value.filter((item: unknown) => !isFields(item) || keep(textAt(item, 'name')))
    : Object.fromEntries(Object.entries(fieldsAt(fields, key)).filter(([name]) => keep(name)));
  const { [key]: _, ...rest } = fields;
  const empty = Array.isArray(left) ? left.length === 0 : Object.keys(left).length === 0;
  const wasThere = isFields(original) && key in original;
  return empty && !wasThere ? rest : { ...rest, [key]: left };
}

function withoutOursInContainer(container: Fields, original: unknown): Fields {
  const env = filtered(container, 'env', original, (name) => !name.startsWith('SALLYPORT_'));
  return filtered(env, 'volumeMounts', original, (name) => !ours(name));
}

export function withoutOurs(injected: Fields, original: Fields): Fields {
  const written: readonly string[] = [podAnnotations.status, podAnnotations.mcpConfig];
  const metadataBefore = original['metadata'];
  const annotated = filtered(
    fieldsAt(injected, 'metadata'),
    'annotations',
    metadataBefore,
    (name) => !written.includes(name),
  );
  const metadata = filtered(annotated, 'labels', metadataBefore, (name) => name !== injectedLabel);

  const before = fieldsAt(original, 'spec');
  const volumes = filtered(fieldsAt(injected, 'spec'), 'volumes', before, (name) => !ours(name));
  const spec = filtered(volumes, 'initContainers', before, (name) => !ours(name));
  const containers = (list: 'initContainers' | 'containers') =>
    list in spec
      ? { [list]: listAt(spec, list).map((one, i) => withoutOursInContainer(one, listAt(before, list)[i])) }
      : {};
  return {
    ...injected,
    metadata,
    spec: { ...spec, ...containers('initContainers'), ...containers('containers') },
  };
}
