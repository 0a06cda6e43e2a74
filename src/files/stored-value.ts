/** Of a value that is kept as JSON: as many characters, and values, as are worth parsing again for each reader. */
const mostKept = 1024 * 1024;

/**
 * The JSON text of a value, a tenth of the memory of the value and of the time of parsing YAML. `undefined` if JSON has no
 * such value (infinity, not a number, negative zero), or if its text is large.
 */
export const asJson = (value: unknown): string | undefined =>
  sizeOf(value, mostKept) <= mostKept ? JSON.stringify(value) : undefined;

/** How many values and characters a value has; more than `most` as soon as it is more, and if JSON cannot hold the value. */
function sizeOf(value: unknown, most: number): number {
  if (typeof value === 'string') return 1 + value.length;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? 1 : most + 1;
  if (typeof value === 'boolean' || value === null) return 1;
  if (typeof value !== 'object') return most + 1;
  let size = 1;
  for (const [key, one] of Object.entries(value)) {
    size += key.length + sizeOf(one, most - size);
    if (size > most) break;
  }
  return size;
}
