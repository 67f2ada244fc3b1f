// Package dynamo keeps a table in DynamoDB.
//
// It owns the attributes of items, the conditions as DynamoDB's expressions, and which
// calls may be repeated. It does not own the table itself (template.yaml makes it) and
// does not rely on DynamoDB's expiry, which may be days late: what has expired counts as
// absent in every read and condition.
//
// Attributes: pk and sk (the key), b (the body: text when it is UTF-8, else binary),
// r (the revision), ttl (the expiry, seconds since the epoch).
//
// Flow: each method builds one request and hands it to repeat, which sends it again only
// when that can't make a difference: reads, requests that were refused or never sent,
// writes pinned to a revision, and transactions (DynamoDB remembers their token).
package dynamo
