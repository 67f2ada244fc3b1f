package request

import (
	"net/http"
	"strconv"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// LastEvent reads after which event a client wants to go on: the parameter "after", or what
// a browser remembers of the stream that broke off.
func LastEvent(r *http.Request, p Params) (int, error) {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		n, err := strconv.Atoi(id)
		if err != nil {
			return 0, errs.New(errs.Invalid, "Last-Event-ID must be integer")
		}
		return max(n, 0), nil
	}
	return After(p)
}

// After reads the parameter of that name: a whole number, of any sign.
func After(p Params) (int, error) {
	text, err := p.One("after")
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errs.New(errs.Invalid, "request/query/after must be integer")
	}
	return int(min(max(n, 0), MaxNumber)), nil
}
