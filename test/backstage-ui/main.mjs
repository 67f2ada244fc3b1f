// Runs both apps against one portal. Arguments: the folder of the packages and bundles, the command "slipway", a folder for its
// data, one for pictures, and the names of apps if not all are meant. Ends with 1 if a step failed.
import { resolve } from 'node:path';
import { launch } from './browser.mjs';
import { listen } from './frontend.mjs';
import { start } from './portal.mjs';
import * as shop from './shop.mjs';
import { catalog } from './steps/catalog.mjs';
import { entity } from './steps/entity.mjs';
import { importing } from './steps/import.mjs';
import { search } from './steps/search.mjs';
import { settings, signIn, signOut } from './steps/session.mjs';
import { Walk } from './walk.mjs';

const [packages, binary, data, pictures, ...names] = process.argv.slice(2);
const bundles = resolve(packages, 'bundles');
const from = Date.now();

// The older app has its API on its own origin, the newer one calls the portal's.
const apps = await Promise.all([
  listen('legacy', bundles, { sameOrigin: true }),
  listen('new', bundles, { sameOrigin: false }),
]);
const portal = await start(binary, data, apps.map(({ origin }) => origin));
const browser = await launch(resolve(packages));

async function walkThrough(app) {
  app.connect(portal);
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
  const walk = new Walk(app, await context.newPage(), pictures);
  await signIn(walk);
  for (const part of [catalog, entity, search, importing, settings, signOut]) await part(walk, portal);
  await context.close();
  return walk;
}

let failed = 0;
try {
  await shop.open(portal);
  for (const app of apps.filter(({ app }) => !names.length || names.includes(app))) {
    const walk = await walkThrough(app);
    failed += walk.failed;
    console.log(`${app.app}: ${walk.taken - walk.failed} of ${walk.taken} steps`);
  }
} finally {
  await browser.close();
  apps.forEach(app => app.close());
  await portal.stop();
}
console.log(`${failed ? `${failed} steps failed` : 'all steps passed'} in ${((Date.now() - from) / 1000).toFixed(0)} s`);
process.exit(failed ? 1 : 0);
