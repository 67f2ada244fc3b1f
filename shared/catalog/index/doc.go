// Package index owns finding entities: filters, full text, order, pages, facets and look-ups
// by name, over all current entities, each shown with the relations that all of them make.
//
// An Index is a stack of immutable segments and an overlay of what changed since the newest of
// them. Apply puts changes into the overlay and renders again whatever entity has lost or
// gained a relation by them; a full overlay becomes a segment, and segments of about the same
// size become one. A query asks every segment and the overlay and merges the answers by
// (value, uid).
//
// It stores nothing and reads no log: what fills it and keeps its segments does.
package index
