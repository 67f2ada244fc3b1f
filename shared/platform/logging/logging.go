// Package logging owns the shape of a log line: slog JSON with the request, operation and
// actor ids of the context on every line. It does not decide what is worth a line, and it
// never sees secrets: callers log names and ids, not values.
package logging

import (
	"context"
	"io"
	"log/slog"

	"github.com/slipwayhq/slipway/shared/platform/correlation"
)

// New makes a logger that writes JSON lines to w and adds the ids of the context.
func New(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})})
}

// Discard makes a logger that writes nothing.
func Discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

type handler struct{ slog.Handler }

// Handle adds the ids of ctx to the record.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	ids := correlation.From(ctx)
	for _, a := range []slog.Attr{
		slog.String("requestId", ids.RequestID),
		slog.String("operationId", ids.OperationID),
		slog.String("actor", ids.Actor),
		slog.String("traceId", ids.TraceID),
	} {
		if a.Value.String() != "" {
			r.AddAttrs(a)
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the id-adding handler around the derived one.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the id-adding handler around the derived one.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
