// Bundles both apps for the browser, in one go because nearly all of their code is the same. Arguments: the folder
// that the packages are installed in, and the folder that the bundles go to.
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [packages, into] = process.argv.slice(2).map(path => resolve(path));
const { build } = createRequire(join(packages, 'package.json'))('esbuild');
const here = dirname(fileURLToPath(import.meta.url));

// Left out are packages that no page of the tests shows: viewers of API definitions (npm's overrides keep them from being
// installed, like the clients of other clouds), and the export of tables, which wants Node's streams.
const leftOut = /^(@asyncapi\/|@graphiql\/|graphiql|graphql-ws$|swagger-ui-react|@azure\/|csv-stringify)/;
const leaveOut = {
  name: 'leave out',
  setup(build) {
    build.onResolve({ filter: leftOut }, ({ path }) => ({ path, namespace: 'left out' }));
    build.onLoad({ filter: /./, namespace: 'left out' }, () => ({ contents: 'module.exports = () => null' }));
  },
};

const assets = ['.svg', '.png', '.gif', '.jpg', '.woff', '.woff2', '.ttf', '.eot', '.md'];

const from = Date.now();
const result = await build({
  entryPoints: { legacy: join(here, 'apps/legacy.jsx'), new: join(here, 'apps/new.jsx') },
  nodePaths: [join(packages, 'node_modules')],
  outdir: into,
  publicPath: '/',
  inject: [join(here, 'bundle.inject.js')],
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  jsx: 'automatic',
  mainFields: ['browser', 'module', 'main'],
  loader: Object.fromEntries(assets.map(ending => [ending, 'file'])),
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.APP_CONFIG': '[]', 'process.env': '{}', global: 'globalThis' },
  plugins: [leaveOut],
  logLevel: 'error',
  metafile: true,
});
const bytes = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
console.log(`bundled ${Object.keys(result.metafile.inputs).length} modules into ${(bytes / 1e6).toFixed(1)} MB, in ${((Date.now() - from) / 1000).toFixed(1)} s`);
