/**
 * Fields and items in one review. An object may hold 50,000 values (MCP002); a review carries two objects and their
 * managedFields. V8 needs up to 64 bytes for each, so that a review over this cannot exhaust a worker's heap while it is
 * parsed, where V8 would end the whole process and not the worker alone.
 */
export const maxReviewValues = 300_000;

const [quote, backslash, comma, brace, bracket] = ['"', '\\', ',', '{', '['].map((one) => one.charCodeAt(0));

/** Whether JSON holds more values than `maxReviewValues`, without parsing it. */
export function exceedsValues(json: Uint8Array): boolean {
  let values = 0;
  for (let i = 0; i < json.length; i += 1) {
    const byte = json[i];
    if (byte === quote) {
      // To the end of the string.
      for (i += 1; i < json.length && json[i] !== quote; i += 1) if (json[i] === backslash) i += 1;
    } else if (byte === comma || byte === brace || byte === bracket) {
      values += 1;
      if (values > maxReviewValues) return true;
    }
  }
  return false;
}
