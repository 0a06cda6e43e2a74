import { defaultConfiguration, readConfiguration, type Configuration } from '../core/configuration.ts';
import type { ConfigurationProblem } from '../core/configuration-problems.ts';
import { InputError } from '../files/documents.ts';
import { readYamlFile, type YamlFile } from '../files/yaml-file.ts';

/** The configuration a command was given, or the defaults. Throws `InputError` with every problem, one a line. */
export async function loadConfiguration(file: string | undefined): Promise<Configuration> {
  if (file === undefined) return defaultConfiguration;
  const { value, placeOf } = await readYamlFile(file, 'configuration');
  const read = readConfiguration(value);
  if (read.kind === 'invalid') throw invalidConfiguration(read.problems, placeOf);
  return read.configuration;
}

/** Every problem, each with its place in the file. */
export const invalidConfiguration = (
  problems: readonly ConfigurationProblem[],
  placeOf: YamlFile['placeOf'],
): InputError => new InputError(problems.map(({ keys, text }) => `${placeOf(keys)}: ${text}`).join('\n'));
