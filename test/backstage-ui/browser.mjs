// A headless Chromium of the machine's own, driven over its debugging protocol.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

// found gives the path of a Chromium: what CHROMIUM says, or the first that the machine has.
function found() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of names) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // the next one may be there
    }
  }
  throw new Error(`there is no Chromium; on Debian it is the package ${names[0]}. CHROMIUM may name another one`);
}

// launch starts it. It asks nobody but this machine for anything; its sandbox does not work for root.
export function launch(packages) {
  const { chromium } = createRequire(join(packages, 'package.json'))('playwright-core');
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath: found(), chromiumSandbox: process.getuid() !== 0, args: [...quiet, '--disable-gpu'] });
}
