package operationsapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/slipwayhq/slipway/shared/httpapi"
	"github.com/slipwayhq/slipway/shared/httpapi/request"
	"github.com/slipwayhq/slipway/shared/operations"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// The pages of a log, in lines.
const (
	defaultLines = 200
	maxLines     = 1000
)

// Log shows what operations say while they run.
type Log interface {
	Get(ctx context.Context, id string) (*operations.Operation, error)
	Log(ctx context.Context, id string, after, limit int) ([]operations.Line, error)
	Follow(ctx context.Context, id string, after int, emit func(operations.Line) error) error
}

var _ Log = (*operations.Service)(nil)

// LogPage is a part of an operation's log.
type LogPage struct {
	Items []operations.Line `json:"items"`
}

// log shows an operation's log page by page.
func (h operationsHandler) log(w http.ResponseWriter, r *http.Request) error {
	after, err1 := lineNumber(r, "after", 0, 0, request.MaxNumber)
	limit, err2 := lineNumber(r, "limit", defaultLines, 1, maxLines)
	if fields := append(errs.Fields(err1), errs.Fields(err2)...); len(fields) > 0 {
		return errs.WithFields("the request is not valid", fields)
	}
	lines, err := h.Log.Log(r.Context(), r.PathValue("id"), after, limit)
	if err != nil {
		return err
	}
	if lines == nil {
		lines = []operations.Line{}
	}
	return httpapi.WriteJSON(w, http.StatusOK, LogPage{lines})
}

// HandleStream registers the route that passes on an operation's log as it is
// written, as server-sent events. It answers as long as the operation runs, which not every
// way to a function allows.
func HandleStream(rt *httpapi.Router, log Log) {
	rt.Handle("GET /api/operations/{id}/log/stream", func(w http.ResponseWriter, r *http.Request) error {
		after, err := afterLine(r)
		if err != nil {
			return err
		}
		id := r.PathValue("id")
		if _, err := log.Get(r.Context(), id); err != nil { // while that can still be told
			return err
		}
		return rt.StreamEvents(w, r, func(ctx context.Context, s *httpapi.EventStream) error {
			return log.Follow(ctx, id, after, func(l operations.Line) error { return s.Send(l.Seq, string(l.Type), l) })
		})
	})
}

// afterLine reads behind which line a client wants to go on.
func afterLine(r *http.Request) (int, error) {
	if r.Header.Get("Last-Event-ID") == "" {
		return lineNumber(r, "after", 0, 0, request.MaxNumber)
	}
	n, err := strconv.Atoi(r.Header.Get("Last-Event-ID"))
	if err != nil || n < 0 {
		return 0, errs.New(errs.Invalid, "Last-Event-ID is the number of a line")
	}
	return n, nil
}

func lineNumber(r *http.Request, name string, fallback, least, most int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "/" + name, Message: fmt.Sprintf("is a number from %d to %d", least, most)}})
	}
	return n, nil
}
