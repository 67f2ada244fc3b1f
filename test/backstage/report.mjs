// Checks with a line for each, and a summary for each subject: a method of a client, a
// screen of a frontend. Values are compared by node's own assert.
import assert from 'node:assert/strict';

export class Report {
  #subjects = new Map();

  constructor(title) {
    this.title = title;
  }

  // check runs one check and goes on whatever comes of it. It gives the check's result.
  async check(subject, what, run) {
    const tally = this.#subjects.get(subject) ?? { passed: 0, failed: 0 };
    this.#subjects.set(subject, tally);
    try {
      const result = await run();
      tally.passed++;
      return result;
    } catch (error) {
      tally.failed++;
      console.log(`FAIL  ${this.title}  ${subject}: ${what}: ${String(error?.message ?? error).slice(0, 1500)}`);
      return undefined;
    }
  }

  // close prints a line for each subject and tells how many checks failed.
  close() {
    let failed = 0;
    for (const [subject, tally] of this.#subjects) {
      failed += tally.failed;
      const verdict = tally.failed ? 'FAIL' : 'pass';
      const checks = `${tally.passed} of ${tally.passed + tally.failed} checks`;
      console.log(`${verdict}  ${this.title}  ${subject.padEnd(24)} ${checks}`);
    }
    return failed;
  }
}

// rejects runs a call that has to be refused with a status and an error name, as Backstage's
// ResponseError shows them.
export async function rejects(call, status, name, text = '') {
  const error = await call().then(
    value => assert.fail(`was not refused but gave ${JSON.stringify(value)?.slice(0, 200)}`),
    reason => reason,
  );
  assert.equal(error.name, 'ResponseError', String(error));
  assert.deepEqual([error.statusCode, error.cause?.name], [status, name], error.message);
  assert.ok(error.cause.message.includes(text), `"${error.cause.message}" does not say "${text}"`);
  assert.equal(error.body.response.statusCode, status);
}

// eventually repeats a call until it gives something true, for as long as seconds.
export async function eventually(seconds, what, call) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await call();
    if (result) return result;
    if (Date.now() > end) assert.fail(`${what}: not within ${seconds} s`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

export { assert };
