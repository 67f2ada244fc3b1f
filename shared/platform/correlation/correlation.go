// Package correlation owns what ties log lines, operations, events and audit records of
// one request together: the request id, the acting identity and the operation id, carried
// in the context. It does not verify identities (auth does) nor write logs (logging does).
package correlation

import "context"

// IDs identify what a piece of work belongs to. Empty fields are unknown.
type IDs struct {
	RequestID   string // of the HTTP call, webhook delivery or event that caused the work
	Actor       string // entity ref of who asked, for example "user:default/jane"
	OperationID string
	TraceID     string // W3C traceparent or X-Ray trace header, passed through unread
}

type key struct{}

// From gives the ids that ctx carries.
func From(ctx context.Context) IDs {
	v, _ := ctx.Value(key{}).(IDs)
	return v
}

// With adds ids to ctx; an empty field keeps the value ctx already has.
func With(ctx context.Context, add IDs) context.Context {
	v := From(ctx)
	keep(&v.RequestID, add.RequestID)
	keep(&v.Actor, add.Actor)
	keep(&v.OperationID, add.OperationID)
	keep(&v.TraceID, add.TraceID)
	return context.WithValue(ctx, key{}, v)
}

func keep(field *string, value string) {
	if value != "" {
		*field = value
	}
}
