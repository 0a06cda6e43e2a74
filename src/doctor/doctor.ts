import { answers } from './answers.ts';
import { entries, installedEntries, written } from './entries.ts';
import { coverage } from './coverage.ts';
import type { Check, DoctorClient } from './examination.ts';
import { unread } from './unread.ts';
import { floor } from './floor.ts';
import { auditLog, missed } from './operators.ts';
import { guard, kubernetes, replicas } from './platform.ts';
import { rights } from './rights.ts';
import { configuration, namespaces } from './scope.ts';
import { served } from './served.ts';

/** Everything an installation needs, in the order in which one thing stands on another. */
export async function* examine(client: DoctorClient): AsyncGenerator<Check> {
  yield* await kubernetes(client);
  const configured = await configuration(client);
  yield* configured.checks;
  yield* await rights(client);
  yield* await replicas(client);
  const installed = await installedEntries(client);
  if (installed.checks.length > 0) yield* installed.checks;
  else {
    yield* entries(installed);
    yield* await coverage(client, configured.configuration, installed);
    yield* await unread(client, configured.configuration);
    yield* written(installed, client);
    yield* await served(client, installed);
    yield* await namespaces(client, installed);
    yield* await floor(client, configured, installed);
  }
  yield* await answers(client);
  yield* await guard(client);
  yield* await missed(client, configured.configuration);
  yield* await auditLog(client);
}
