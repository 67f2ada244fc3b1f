// Runs both apps at the same time, each against a portal of its own. Arguments: the folder of the packages and bundles, the
// command "slipway", a folder for its data, one for pictures, and the names of apps if not all are meant. Ends with 1 if a
// step failed.
import { join, resolve } from 'node:path';
import { launch } from './browser.mjs';
import { listen } from './frontend.mjs';
import { start } from './portal.mjs';
import * as shop from './shop.mjs';
import { catalog } from './steps/catalog.mjs';
import { entity } from './steps/entity.mjs';
import { importing } from './steps/import.mjs';
import { search } from './steps/search.mjs';
import { settings, signIn, signOut } from './steps/session.mjs';
import { templates } from './steps/templates.mjs';
import { Walk } from './walk.mjs';

const [packages, binary, data, pictures, ...names] = process.argv.slice(2);
const bundles = resolve(packages, 'bundles');
const parts = [signIn, catalog, entity, search, importing, templates, settings, signOut];

// The older app has its API on its own origin, the newer one calls the portal's.
const apps = [
  { name: 'legacy', sameOrigin: true },
  { name: 'new', sameOrigin: false },
].filter(({ name }) => !names.length || names.includes(name));

const from = Date.now();
const browser = await launch(resolve(packages));

// tour takes all steps in one app and gives how many of them failed.
async function tour({ name, sameOrigin }) {
  const app = await listen(name, bundles, { sameOrigin });
  const portal = await start(binary, join(data, name), [app.origin]);
  try {
    await shop.open(portal);
    app.connect(portal);
    const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
    const walk = new Walk(app, await context.newPage(), pictures);
    for (const part of parts) await part(walk, portal);
    await context.close();
    console.log(`${name}: ${walk.taken - walk.failed} of ${walk.taken} steps in ${((Date.now() - from) / 1000).toFixed(0)} s`);
    return walk.failed;
  } finally {
    app.close();
    await portal.stop();
  }
}

const tours = await Promise.allSettled(apps.map(tour));
await browser.close();
for (const { reason } of tours) if (reason) console.log('FAIL ', reason);
process.exit(tours.some(({ value }) => value !== 0) ? 1 : 0);
