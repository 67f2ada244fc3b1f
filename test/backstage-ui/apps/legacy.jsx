// A frontend of the older system: plugins are React components that an app puts on its routes.
import { createApp } from '@backstage/app-defaults';
import { AppRouter, FlatRoutes } from '@backstage/core-app-api';
import { AlertDisplay, OAuthRequestDialog, SignInPage } from '@backstage/core-components';
import { apiDocsPlugin, ApiExplorerPage } from '@backstage/plugin-api-docs';
import { CatalogEntityPage, CatalogIndexPage, catalogPlugin } from '@backstage/plugin-catalog';
import { catalogEntityCreatePermission } from '@backstage/plugin-catalog-common/alpha';
import { CatalogGraphPage } from '@backstage/plugin-catalog-graph';
import { CatalogImportPage, catalogImportPlugin } from '@backstage/plugin-catalog-import';
import { NotificationsPage } from '@backstage/plugin-notifications';
import { orgPlugin } from '@backstage/plugin-org';
import { RequirePermission } from '@backstage/plugin-permission-react';
import { ScaffolderPage, scaffolderPlugin } from '@backstage/plugin-scaffolder';
import { SearchPage } from '@backstage/plugin-search';
import { SignalsDisplay } from '@backstage/plugin-signals';
import { UserSettingsPage } from '@backstage/plugin-user-settings';
import '@backstage/ui/css/styles.css';
import { createRoot } from 'react-dom/client';
import { Navigate, Route } from 'react-router-dom';
import { apis } from './legacy/apis.js';
import { entityPage } from './legacy/entity.jsx';
import { Frame } from './legacy/frame.jsx';
import { searchPage } from './legacy/search.jsx';

const app = createApp({
  apis,
  components: { SignInPage: props => <SignInPage {...props} providers={['guest']} /> },
  bindRoutes({ bind }) {
    bind(catalogPlugin.externalRoutes, {
      createComponent: scaffolderPlugin.routes.root,
      createFromTemplate: scaffolderPlugin.routes.selectedTemplate,
    });
    bind(apiDocsPlugin.externalRoutes, { registerApi: catalogImportPlugin.routes.importPage });
    bind(scaffolderPlugin.externalRoutes, { registerComponent: catalogImportPlugin.routes.importPage });
    bind(orgPlugin.externalRoutes, { catalogIndex: catalogPlugin.routes.catalogIndex });
  },
});

const importPage = (
  <RequirePermission permission={catalogEntityCreatePermission}>
    <CatalogImportPage />
  </RequirePermission>
);

const routes = (
  <FlatRoutes>
    <Route path="/" element={<Navigate to="catalog" />} />
    <Route path="/catalog" element={<CatalogIndexPage />} />
    <Route path="/catalog-by-cursor" element={<CatalogIndexPage pagination={{ mode: 'cursor', limit: 20 }} />} />
    <Route path="/catalog-by-offset" element={<CatalogIndexPage pagination={{ mode: 'offset', limit: 10 }} />} />
    <Route path="/catalog/:namespace/:kind/:name" element={<CatalogEntityPage />}>
      {entityPage}
    </Route>
    <Route path="/catalog-graph" element={<CatalogGraphPage />} />
    <Route path="/catalog-import" element={importPage} />
    <Route path="/api-docs" element={<ApiExplorerPage />} />
    <Route path="/create" element={<ScaffolderPage />} />
    <Route path="/search" element={<SearchPage />}>
      {searchPage}
    </Route>
    <Route path="/settings" element={<UserSettingsPage />} />
    <Route path="/notifications" element={<NotificationsPage />} />
  </FlatRoutes>
);

const App = app.createRoot(
  <>
    <AlertDisplay />
    <OAuthRequestDialog />
    <SignalsDisplay />
    <AppRouter>
      <Frame>{routes}</Frame>
    </AppRouter>
  </>,
);

createRoot(document.getElementById('root')).render(<App />);
