import { answers } from './answers.ts';
import { entries, installedEntries, written } from './entries.ts';
import type { Check, Patient } from './examination.ts';
import { floor } from './floor.ts';
import { guard, kubernetes, replicas } from './platform.ts';
import { rights } from './rights.ts';
import { configuration, namespaces } from './scope.ts';
import { served } from './served.ts';

/** Everything an installation needs, in the order in which one thing stands on another. */
export async function* examine(patient: Patient): AsyncGenerator<Check> {
  yield* await kubernetes(patient);
  const configured = await configuration(patient);
  yield* configured.checks;
  yield* await rights(patient);
  yield* await replicas(patient);
  const installed = await installedEntries(patient);
  if (installed.checks.length > 0) yield* installed.checks;
  else {
    yield* entries(installed);
    yield* written(installed, patient);
    yield* await served(patient, installed);
    yield* await namespaces(patient, installed);
    yield* await floor(patient, configured, installed);
  }
  yield* await answers(patient);
  yield* await guard(patient);
}
