// What is around every page: the sidebar, in which search has a dialog.
import { Sidebar, SidebarDivider, SidebarItem, SidebarSpace } from '@backstage/core-components';
import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { NavContentBlueprint } from '@backstage/plugin-app-react';
import { NotificationsSidebarItem } from '@backstage/plugin-notifications';
import { SidebarSearchModal } from '@backstage/plugin-search';

const own = ['page:search', 'page:notifications']; // have an item of another form

const Navigation = ({ navItems }) => {
  const nav = navItems.withComponent(({ icon, href, title }) => <SidebarItem icon={() => icon} to={href} text={title} />);
  own.forEach(page => nav.take(page));
  return (
    <Sidebar>
      <SidebarSearchModal />
      <SidebarDivider />
      {nav.take('page:catalog')}
      {nav.take('page:scaffolder')}
      {nav.rest({ sortBy: 'title' })}
      <SidebarSpace />
      <NotificationsSidebarItem />
    </Sidebar>
  );
};

export const navigation = createFrontendModule({
  pluginId: 'app',
  extensions: [NavContentBlueprint.make({ params: { component: Navigation } })],
});
