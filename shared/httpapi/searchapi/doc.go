// Package searchapi is Backstage's search over HTTP (@backstage/plugin-search-backend): it
// reads the nested query strings of its client (qs), names everything that is wrong with
// them, and shows what package catalog/search finds.
package searchapi
