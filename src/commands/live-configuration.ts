import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { settingsOf, type Settings } from '../engine/engine.ts';
import { InputError } from '../files/documents.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { loadConfiguration } from './configuration-file.ts';

/** A mounted ConfigMap arrives with a delay of a minute anyway; looking at one small file costs nothing. */
const lookMs = 2000;

interface Watch {
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'configuration'>;
  readonly stop: AbortSignal;
}

/**
 * The configuration, now and after every change of its file. The first one must be good; a bad edit afterwards is
 * logged with all its problems, shown in a metric, and the last good one stays.
 */
export async function followConfiguration(
  file: string | undefined,
  { log, metrics, stop }: Watch,
): Promise<() => Settings> {
  let settings = await read(file);
  if (file === undefined) return () => settings;
  let seen = await textOf(file);
  const look = async () => {
    const text = await textOf(file);
    if (text === seen) return;
    seen = text;
    try {
      settings = await read(file);
      metrics.configuration(true);
      log.info('the configuration was reloaded');
    } catch (error) {
      metrics.configuration(false);
      if (!(error instanceof InputError)) log.error('the configuration could not be read', error);
      else
        for (const line of error.message.split('\n'))
          log.warn(
            `the configuration file is not valid, so the previous configuration stays in use: ${line}`,
          );
    }
  };
  void (async () => {
    while (!stop.aborted) {
      await sleep(lookMs, undefined, { signal: stop }).catch(() => undefined);
      if (!stop.aborted) await look();
    }
  })();
  return () => settings;
}

async function read(file: string | undefined): Promise<Settings> {
  return settingsOf(await loadConfiguration(file));
}

/** By content, not by time: a mounted ConfigMap is a link that is exchanged. */
const textOf = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);
