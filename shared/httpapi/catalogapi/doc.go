// Package catalogapi is what HTTP shows of the catalog: Backstage's routes below
// /api/catalog (@backstage/plugin-catalog-backend 4.0) and Slipway's own beside them (graph,
// history, problems, changes, reconciliation). It owns their parameters, cursors, ETags and
// the order of an answer's bytes; what an entity is and who finds it belongs to package
// catalog and those below it.
//
// Flow: parameters and body → predicate, fields, place → view → answers are put together
// from the stored bytes of entities, without decoding them.
package catalogapi
