import { policyCompiler } from './build.ts';
import { run } from './processes.ts';

/** The API server's own compiler of admission policies, as a program; see kubernetes/policies/main.go. */

/** A policy, and objects to evaluate it against, each as if it were created. */
export interface Judged {
  readonly policy: unknown;
  readonly objects?: readonly object[];
}

interface CompileError {
  /** `variables[3] (written)`. */
  readonly where: string;
  readonly expression: string;
  readonly message: string;
}

interface Answer {
  readonly errors: readonly CompileError[];
  /** One for each object; none where an expression does not compile. */
  readonly reviews: readonly {
    readonly denied: boolean;
    readonly message?: string;
    /** What cannot be evaluated. */
    readonly error?: string;
    /** In the API server's units: one request may spend 10,000,000. */
    readonly cost: number;
  }[];
}

/** `version` is the Kubernetes whose CEL libraries the policies may use. */
export async function judge(version: string, judged: readonly Judged[]): Promise<readonly Answer[]> {
  const binary = await policyCompiler((line) => console.log(`policies: ${line}`));
  const lines = judged.map(({ policy, objects = [] }) =>
    JSON.stringify({ policy, reviews: objects.map((object) => ({ object })) }),
  );
  const stdout = await run(binary, [version], { input: lines.join('\n') });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
    .map(({ errors, reviews }) => ({ errors: errors.map(shortened), reviews }));
}

/** An expression is thousands of characters long: what is around the first error is enough. */
function shortened({ where, expression, message }: CompileError): CompileError {
  const [first = message] = message.split('\n');
  const column = Number(/<input>:1:(\d+)/.exec(first)?.[1] ?? 0);
  return { where, message: first, expression: expression.slice(Math.max(0, column - 200), column + 60) };
}
