// The page of search: kinds and lifecycles narrow down what the catalog has on a term.
import { CatalogIcon, Content, Header, Page } from '@backstage/core-components';
import { CatalogSearchResultListItem } from '@backstage/plugin-catalog';
import { SearchType } from '@backstage/plugin-search';
import { SearchBar, SearchFilter, SearchPagination, SearchResult } from '@backstage/plugin-search-react';
import { Grid } from '@material-ui/core';

const types = [{ value: 'software-catalog', name: 'Software Catalog', icon: <CatalogIcon /> }];

export const searchPage = (
  <Page themeId="home">
    <Header title="Search" />
    <Content>
      <SearchBar />
      <Grid container>
        <Grid item xs={3}>
          <SearchType.Accordion name="Result Type" defaultValue="software-catalog" types={types} />
          <SearchFilter.Select label="Kind" name="kind" values={['Component', 'Template', 'System']} />
          <SearchFilter.Checkbox label="Lifecycle" name="lifecycle" values={['experimental', 'production']} />
        </Grid>
        <Grid item xs={9}>
          <SearchPagination />
          <SearchResult>
            <CatalogSearchResultListItem icon={<CatalogIcon />} />
          </SearchResult>
        </Grid>
      </Grid>
    </Content>
  </Page>
);
