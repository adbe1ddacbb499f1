// Tells scripts/run-tests.mjs how many tests passed, failed and were skipped, and which were skipped.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

export default class CountingReporter {
  #rootDir;

  constructor({ rootDir }) {
    this.#rootDir = rootDir;
  }

  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites, testResults }) {
    const skips = testResults.flatMap((suite) =>
      suite.testResults
        .filter(({ status }) => status === 'pending' || status === 'todo')
        .map(({ fullName }) => `${relative(this.#rootDir, suite.testFilePath)}: ${fullName}`),
    );
    // A file that cannot be run at all holds no test that could fail: it counts as one.
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    writeFileSync(
      process.env.COUNTING_REPORTER_FILE,
      JSON.stringify({ passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests, skips }),
    );
  }
}
