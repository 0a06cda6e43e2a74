import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Kubectl } from './kubectl.ts';
import { until } from './processes.ts';
import { replicaProcesses } from './replica-processes.ts';
import { replicas, system, webhooksAnswer } from './sallyport.ts';

const kubectl = new Kubectl(inject('cluster'));

interface Stored {
  readonly spec: {
    readonly containers: readonly {
      readonly livenessProbe: {
        readonly periodSeconds: number;
        readonly timeoutSeconds: number;
        readonly failureThreshold: number;
        readonly terminationGracePeriodSeconds: number;
      };
    }[];
  };
  readonly status: {
    readonly containerStatuses: readonly {
      readonly restartCount: number;
      readonly lastState: {
        readonly terminated?: { readonly finishedAt: string; readonly exitCode: number };
      };
    }[];
  };
}

describe('a replica whose process is stopped', () => {
  it('is killed by the kubelet within the promised 10 s, and starts again', async () => {
    const [replica] = (await replicas(kubectl)).filter(({ metadata }) => !metadata.deletionTimestamp);
    if (!replica) throw new Error('there is no replica');
    const { name, uid } = replica.metadata;
    const container = async () => {
      const { spec, status } = await kubectl.get<Stored>(system, `pod/${name}`);
      return { probe: spec.containers[0]?.livenessProbe, ...status.containerStatuses[0] };
    };
    const before = await container();
    const { probe } = before;
    if (!probe) throw new Error('there is no liveness probe');
    const { failureThreshold, periodSeconds, timeoutSeconds, terminationGracePeriodSeconds } = probe;
    // The first failing probe starts within one period.
    const mostSeconds = failureThreshold * periodSeconds + timeoutSeconds + terminationGracePeriodSeconds;
    expect(mostSeconds).toBeLessThan(10);

    const [pid, ...others] = await replicaProcesses([uid]);
    if (pid === undefined || others.length > 0) throw new Error(`${name} is not one process`);
    onTestFinished(() => resume(pid));
    process.kill(pid, 'SIGSTOP');
    const stopped = Date.now();
    const restarted = await until(`${name} to be restarted`, 120, async () => {
      const now = await container();
      return (now.restartCount ?? 0) > (before.restartCount ?? 0) ? now : undefined;
    });
    const { exitCode, finishedAt = '' } = restarted.lastState?.terminated ?? {};
    expect(exitCode).toBe(137);
    const seconds = (Date.parse(finishedAt) - stopped) / 1000;
    console.log(
      `the kubelet killed the stopped replica after ${seconds.toFixed(1)} s (at most ${mostSeconds} s)`,
    );
    // A kubelet on a busy machine starts its probes late, so the time alone does not decide.
    expect(seconds).toBeLessThan(4 * mostSeconds);

    const events = await kubectl.run([
      'get',
      'events',
      '-n',
      system,
      '--field-selector',
      `involvedObject.uid=${uid}`,
    ]);
    expect(events).toMatch(/Unhealthy .*Liveness probe failed/);
    expect(events).toMatch(/Killing .*failed liveness probe, will be restarted/);
    await kubectl.wait(system, `pod/${name}`, 'condition=Ready', 120);
    await webhooksAnswer(kubectl);
  }, 300_000);
});

/** Continues a process that may be gone, so that a failing test leaves no stopped replica. */
function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
