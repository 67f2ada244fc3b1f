// What is around every page: the sidebar.
import { Sidebar, SidebarGroup, SidebarItem, SidebarPage, SidebarSpace } from '@backstage/core-components';
import { NotificationsSidebarItem } from '@backstage/plugin-notifications';
import { MyGroupsSidebarItem } from '@backstage/plugin-org';
import { SidebarSearchModal } from '@backstage/plugin-search';
import { Settings, UserSettingsSignInAvatar } from '@backstage/plugin-user-settings';
import CreateIcon from '@material-ui/icons/AddCircleOutline';
import APIIcon from '@material-ui/icons/Extension';
import HomeIcon from '@material-ui/icons/Home';
import MenuIcon from '@material-ui/icons/Menu';
import GroupIcon from '@material-ui/icons/People';
import SearchIcon from '@material-ui/icons/Search';

export const Frame = ({ children }) => (
  <SidebarPage>
    <Sidebar>
      <SidebarGroup label="Search" icon={<SearchIcon />} to="/search">
        <SidebarSearchModal />
      </SidebarGroup>
      <SidebarGroup label="Menu" icon={<MenuIcon />}>
        <SidebarItem icon={HomeIcon} to="catalog" text="Home" />
        <MyGroupsSidebarItem singularTitle="My Group" pluralTitle="My Groups" icon={GroupIcon} />
        <SidebarItem icon={APIIcon} to="api-docs" text="APIs" />
        <SidebarItem icon={CreateIcon} to="create" text="Create..." />
      </SidebarGroup>
      <SidebarSpace />
      <NotificationsSidebarItem />
      <SidebarGroup label="Settings" icon={<UserSettingsSignInAvatar />} to="/settings">
        <Settings />
      </SidebarGroup>
    </Sidebar>
    {children}
  </SidebarPage>
);
