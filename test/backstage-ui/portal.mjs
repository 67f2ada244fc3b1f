// The portal under test: "slipway serve" in a process of its own, with its starting content.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// start gives the URLs of the portal and its GitLab, the token of GitLab's root, and a function that stops it all.
export async function start(binary, data, appOrigins) {
  const addresses = ['--listen', '127.0.0.1:0', '--gitlab-listen', '127.0.0.1:0'];
  const origins = appOrigins.flatMap(origin => ['--app-origin', origin]);
  const args = ['serve', '--data', data, '--auth', 'none', '--seed', 'demo', '--job-duration', '50ms', ...addresses, ...origins];
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  process.once('exit', () => child.kill()); // whatever ends this one
  let url, gitlab;
  const serving = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      url ??= line.match(/^ +portal +(\S+)/)?.[1];
      gitlab ??= line.match(/^ +GitLab +(\S+)/)?.[1];
      if (line.startsWith('serving')) return true;
    }
    return false;
  })();
  if (!(await serving)) throw new Error('slipway serve did not start');
  child.stdout.resume();
  const token = JSON.parse(readFileSync(join(data, 'secrets.json'))).gitlabToken;
  return {
    url,
    gitlab,
    token,
    async stop() {
      child.kill();
      await ended;
    },
  };
}
