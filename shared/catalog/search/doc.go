// Package search owns full-text search over the catalog with ranking: what Backstage's search
// backend answers from lunr, without a collator and without its lag.
//
// Every entity is one document of the type "software-catalog". A term's words are found as
// they are stemmed (×100), as the beginning of a word (×10) and within two typing errors (×1);
// documents are ordered by BM25 over their fields. Filters narrow the documents down.
//
// It does not know HTTP, permissions or where entities are stored: it asks a Feed what has
// changed.
//
// Flow: Service.Search asks the feed for the changes since the index's version, applies them
// (index.go), expands the words of the query over the dictionary (dictionary.go, near.go),
// adds up the scores of the documents in their postings (score.go), takes the page of the best
// (page.go) and marks what matched (highlight.go). What depends on all documents, such as the
// average length of a field, is taken into account when a query is answered, so that an index
// of many small changes answers as one built at once.
package search
