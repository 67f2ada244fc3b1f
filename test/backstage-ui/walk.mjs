// A walk through one app: steps one after the other in the same browser page, each with a line, a picture and what the
// browser has to say about it. A step fails on what it does not find, on a page that broke, on an error in the console,
// and on a call that was refused without the step's having said so.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const patience = 30_000;

// noise is what a frontend says of parts that the portal leaves out on purpose.
const noise = [
  /WebSocket connection to 'ws:.*\/api\/signals' failed/,
  /Failed to load resource: the server responded with a status of/, // the calls themselves are judged, with their addresses
];

// broken are the texts of pages that did not come about.
const broken = /Error: Error in|Something went wrong|Looks like someone dropped the mic|Could not fetch|Failed to load|Failed to fetch|Unexpected error/i;

export class Walk {
  #results = [];
  #heard = [];

  constructor(app, page, pictures) {
    this.app = app;
    this.page = page;
    this.pictures = join(pictures, app.name);
    mkdirSync(this.pictures, { recursive: true });
    page.setDefaultTimeout(patience);
    page.on('console', said => said.type() === 'error' && this.#hear(`console: ${said.text()}`));
    page.on('pageerror', error => this.#hear(`uncaught: ${error.message}`));
    page.on('response', answer => answer.status() >= 400 && this.#hear(`${answer.status()} ${answer.request().method()} ${answer.url()}`));
  }

  #hear(line) {
    if (!noise.some(known => known.test(line))) this.#heard.push(line.slice(0, 500));
  }

  // step takes one step. expected are the complaints that belong to it; a page that says that something is not there does so on purpose.
  async step(name, run, { expected = [] } = {}) {
    const number = String(this.#results.length + 1).padStart(2, '0');
    const from = Date.now();
    this.#heard = [];
    let problem = await run(this.page).then(() => undefined, error => String(error?.message ?? error).split('\n').slice(0, 6).join(' '));
    problem ??= await this.#judge(expected);
    await this.page.screenshot({ path: join(this.pictures, `${number}-${name}.png`) }).catch(() => undefined);
    const seconds = ((Date.now() - from) / 1000).toFixed(1);
    this.#results.push({ name, problem });
    console.log(`${problem ? 'FAIL' : 'pass'}  ${this.app.name.padEnd(6)}  ${name.padEnd(28)} ${seconds.padStart(5)} s${problem ? `  ${problem}` : ''}`);
    if (problem) for (const line of new Set(this.#heard)) console.log(`        ${line}`);
  }

  async #judge(expected) {
    const unexpected = this.#heard.filter(line => !expected.some(known => known.test(line)));
    if (unexpected.length) return `the browser complains: ${unexpected[0]}`;
    const text = await this.page.locator('body').innerText();
    const found = expected.length ? undefined : text.match(broken)?.[0];
    return found && `the page says "${found}"`;
  }

  // open loads a page of the app anew.
  async open(path) {
    await this.page.goto(this.app.origin + path, { waitUntil: 'domcontentloaded' });
  }

  // see waits for a text that somebody can see.
  async see(...texts) {
    for (const text of texts) await this.page.getByText(text).filter({ visible: true }).first().waitFor();
  }

  // gone waits until nobody can see a text any more.
  async gone(text) {
    await this.page.getByText(text).filter({ visible: true }).first().waitFor({ state: 'hidden' });
  }

  get failed() {
    return this.#results.filter(({ problem }) => problem).length;
  }

  get taken() {
    return this.#results.length;
  }
}
