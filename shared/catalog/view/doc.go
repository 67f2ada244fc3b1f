// Package view owns the reading side of the catalog: answers that hold every write
// committed before the question, whichever instance made it.
//
// It writes nothing and knows neither HTTP nor GitLab. The searching itself is the index's.
//
// Flow: every instance keeps one index in memory. It is opened from the newest snapshot, or
// built from the stored entities when there is none or it is damaged; before each answer one
// consistent query brings it to the end of the change log (reader.go). Questions that arrive
// together share that query. The past (past.go) is an index folded from the log up to a
// time. Compact (compact.go) writes a new snapshot when the log has grown long.
package view
