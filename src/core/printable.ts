/**
 * Control characters, and characters that change how the text around them looks without being seen: bidirectional
 * overrides, zero-width characters, line separators, tags, lone surrogates.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{DI}]/gu;

/** The same in JSON, where a line break between values is white space. `DI` is `Default_Ignorable_Code_Point`. */
const invisibleInJson = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{DI}]/gu;

/** `\u202e`; a character outside the basic plane is two of them, as in JSON. */
export const escaped = (text: string): string =>
  text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/**
 * Text with invisible characters escaped. Other people choose names: a line break must not forge a line of output, an
 * escape sequence must not reach a terminal, and an override must not reorder the text that follows.
 */
export const printable = (text: string): string => text.replaceAll(invisible, escaped);

/** JSON text of the same value, printable. */
export const printableJson = (json: string): string => json.replaceAll(invisibleInJson, escaped);

/** A name inside a sentence: as it is, or in quotation marks where it holds more than a Kubernetes name or a header's can. */
export const shownName = (name: string): string => (/^[\w./:@=-]+$/.test(name) ? name : JSON.stringify(name));
