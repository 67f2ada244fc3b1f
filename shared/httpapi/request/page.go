package request

import (
	"net/http"
	"strconv"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// DefaultPage and MaxPage bound a page of a list of Slipway's own.
const (
	DefaultPage = 20
	MaxPage     = 100
)

// PageLimit reads the limit parameter of a list.
func PageLimit(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return DefaultPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxPage {
		return 0, errs.WithFields("the request is not valid", []errs.Field{{Pointer: "/limit", Message: "is a number from 1 to " + strconv.Itoa(MaxPage)}})
	}
	return n, nil
}
