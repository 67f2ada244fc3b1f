// Serves one of the apps on loopback, as a company would: the bundle as files, and one page for every path of its own. An
// app may have its API behind the same origin, which passes on what is below /api, or call the portal's own origin.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { extname, join, normalize } from 'node:path';

const types = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.png': 'image/png', '.woff2': 'font/woff2' };

// page is the one HTML page. The configuration stands in it, as a container would put it there at its start.
const page = (app, config) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>${app}</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/${app}.css" />
    <script type="backstage.io/config">${JSON.stringify([{ context: 'app', data: config }])}</script>
  </head>
  <body>
    <div id="root"></div>
    <script type="module" src="/${app}.js"></script>
  </body>
</html>
`;

// configuration is what the apps need to know of their surroundings.
const configuration = (origin, api, gitlab) => ({
  app: {
    title: 'Slipway',
    baseUrl: origin,
    extensions: [{ 'entity-card:catalog-graph/relations': { config: { height: 400 } } }],
  },
  organization: { name: 'Acme' },
  backend: { baseUrl: api },
  permission: { enabled: true },
  auth: { environment: 'development' },
  integrations: { gitlab: [{ host: new URL(gitlab).host, baseUrl: gitlab, apiBaseUrl: `${gitlab}/api/v4` }] },
});

function pass(incoming, outgoing, portal) {
  const { hostname, port, host } = new URL(portal);
  const options = { hostname, port, method: incoming.method, path: incoming.url, headers: { ...incoming.headers, host } };
  const onward = request(options, answer => {
    outgoing.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(outgoing);
  });
  onward.on('error', () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
  outgoing.on('close', () => onward.destroy()); // or an event stream would stay open for nobody
  incoming.pipe(onward);
}

async function file(bundles, path, outgoing) {
  const name = join(bundles, normalize(path));
  const found = await stat(name).catch(() => undefined);
  if (!found?.isFile()) return false;
  outgoing.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream', 'content-length': found.size });
  createReadStream(name).pipe(outgoing);
  return true;
}

// listen begins to serve an app and gives its origin and connect, which tells where the portal and its GitLab are.
export async function listen(app, bundles, { sameOrigin }) {
  let html, portal;
  const server = createServer(async (incoming, outgoing) => {
    const path = new URL(incoming.url, 'http://app').pathname;
    if (sameOrigin && path.startsWith('/api/')) return pass(incoming, outgoing, portal);
    if (await file(bundles, path, outgoing)) return undefined;
    return outgoing.writeHead(extname(path) ? 404 : 200, { 'content-type': 'text/html' }).end(html);
  });
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n'));
  await new Promise(ready => server.listen(0, '127.0.0.1', ready));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    name: app,
    origin,
    connect(found) {
      portal = found.url;
      html = page(app, configuration(origin, sameOrigin ? origin : portal, found.gitlab));
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
