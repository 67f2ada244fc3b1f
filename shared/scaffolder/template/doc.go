// Package template owns the software template entity in Backstage's format
// scaffolder.backstage.io/v1beta3: reading it from a catalog entity, and saying
// everything that is wrong with it at once.
//
// It does not render anything, validate form values (form does) or know which actions
// exist beyond what it is told. Keys that only a frontend reads (ui:*, presentation …) are
// kept or ignored, never refused.
//
// Flow: the catalog gives an entity as JSON → Parse → a Template that is valid by
// construction → form.New for its pages, the engine for its steps.
package template
