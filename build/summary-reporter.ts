import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/** One closing line in the plainest form there is, for people and for machines that only read the end. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly unknown[],
    reason: TestRunEndReason,
  ): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
    }
    // A setup that fails runs no test at all.
    if (reason !== 'passed' && count.failed === 0) count.failed = 1;
    const skipped = count.skipped + count.pending;
    console.log(
      `tests: ${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    );
  }
}
