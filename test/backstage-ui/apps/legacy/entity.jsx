// The page of an entity: which cards it has depends on its kind.
import {
  EntityApiDefinitionCard,
  EntityConsumedApisCard,
  EntityConsumingComponentsCard,
  EntityHasApisCard,
  EntityProvidedApisCard,
  EntityProvidingComponentsCard,
} from '@backstage/plugin-api-docs';
import {
  EntityAboutCard,
  EntityDependsOnComponentsCard,
  EntityDependsOnResourcesCard,
  EntityHasComponentsCard,
  EntityHasResourcesCard,
  EntityHasSubcomponentsCard,
  EntityHasSystemsCard,
  EntityLayout,
  EntityLinksCard,
  EntityOrphanWarning,
  EntityProcessingErrorsPanel,
  EntityRelationWarning,
  EntitySwitch,
  hasCatalogProcessingErrors,
  hasRelationWarnings,
  isKind,
  isOrphan,
} from '@backstage/plugin-catalog';
import { EntityCatalogGraphCard } from '@backstage/plugin-catalog-graph';
import { EntityGroupProfileCard, EntityMembersListCard, EntityOwnershipCard, EntityUserProfileCard } from '@backstage/plugin-org';
import { Grid } from '@material-ui/core';

const Cards = ({ of }) => (
  <Grid container spacing={3} alignItems="stretch">
    {of.map((card, i) => (
      <Grid item key={i} xs={12} md={6}>
        {card}
      </Grid>
    ))}
  </Grid>
);

const warning = (when, card) => (
  <EntitySwitch>
    <EntitySwitch.Case if={when}>{card}</EntitySwitch.Case>
  </EntitySwitch>
);

const warnings = (
  <>
    {warning(isOrphan, <EntityOrphanWarning />)}
    {warning(hasRelationWarnings, <EntityRelationWarning />)}
    {warning(hasCatalogProcessingErrors, <EntityProcessingErrorsPanel />)}
  </>
);

const tab = (path, title, cards) => (
  <EntityLayout.Route path={path} title={title}>
    <>
      {warnings}
      <Cards of={cards} />
    </>
  </EntityLayout.Route>
);

const about = [<EntityAboutCard variant="gridItem" />, <EntityCatalogGraphCard variant="gridItem" height={400} />, <EntityLinksCard />];

const component = (
  <EntityLayout>
    {tab('/', 'Overview', [...about, <EntityHasSubcomponentsCard variant="gridItem" />])}
    {tab('/api', 'API', [<EntityProvidedApisCard />, <EntityConsumedApisCard />])}
    {tab('/dependencies', 'Dependencies', [<EntityDependsOnComponentsCard />, <EntityDependsOnResourcesCard />])}
  </EntityLayout>
);

const api = (
  <EntityLayout>
    {tab('/', 'Overview', [...about, <EntityProvidingComponentsCard />, <EntityConsumingComponentsCard />])}
    {tab('/definition', 'Definition', [<EntityApiDefinitionCard />])}
  </EntityLayout>
);

const overview = cards => <EntityLayout>{tab('/', 'Overview', cards)}</EntityLayout>;

const pages = {
  component,
  api,
  group: overview([<EntityGroupProfileCard />, <EntityOwnershipCard />, <EntityMembersListCard />]),
  user: overview([<EntityUserProfileCard />, <EntityOwnershipCard />]),
  system: overview([...about, <EntityHasComponentsCard />, <EntityHasApisCard />, <EntityHasResourcesCard />]),
  domain: overview([...about, <EntityHasSystemsCard />]),
};

export const entityPage = (
  <EntitySwitch>
    {Object.entries(pages).map(([kind, page]) => (
      <EntitySwitch.Case key={kind} if={isKind(kind)}>
        {page}
      </EntitySwitch.Case>
    ))}
    <EntitySwitch.Case>{overview(about)}</EntitySwitch.Case>
  </EntitySwitch>
);
